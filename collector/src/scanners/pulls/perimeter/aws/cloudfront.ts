import { type AwsFinder, asked, tagsOf } from '../found.ts';

/** Distributions that are enabled, by their own name and by each that they also answer to. */
export const cloudfront: AwsFinder = {
  service: 'cloudfront',
  global: true,
  notIn: 'aws-us-gov',
  find: async (place) => {
    const sdk = await import('@aws-sdk/client-cloudfront');
    const client = new sdk.CloudFrontClient(place.settings);
    try {
      const found = await asked('cloudfront:ListDistributions', async () => {
        const all = [];
        for await (const { DistributionList } of sdk.paginateListDistributions({ client }, {}))
          all.push(...(DistributionList?.Items ?? []));
        return all.filter(({ Enabled }) => Enabled === true);
      });
      for (const { ARN = '', DomainName = '', Aliases, Comment = '' } of found) {
        const { Tags } = await asked('cloudfront:ListTagsForResource', () =>
          client.send(new sdk.ListTagsForResourceCommand({ Resource: ARN }), { abortSignal: place.signal }),
        );
        const tags = tagsOf(Tags?.Items);
        // What stands for any name is no place to go to.
        const aliases = (Aliases?.Items ?? []).filter((alias) => !alias.includes('*'));
        for (const host of [DomainName, ...aliases]) {
          place.add({
            type: 'distribution',
            id: ARN,
            name: tags['Name'] || (aliases[0] ?? (Comment || DomainName)),
            endpoint: `https://${host.toLowerCase()}`,
            tags,
            detail: Comment,
          });
        }
      }
    } finally {
      client.destroy();
    }
  },
};
