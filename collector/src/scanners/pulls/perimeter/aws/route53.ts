import type * as Route53 from '@aws-sdk/client-route-53';
import type {
  ListResourceRecordSetsRequest,
  ListResourceRecordSetsResponse,
  ResourceRecordSet,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { type AwsFinder, asked, partitionOf } from '../found.ts';
import { exposedName, placesOf } from '../names.ts';

type Sdk = typeof Route53;

/** Names of public zones that lead to something: addresses outside, other names, services. */
export const route53: AwsFinder = {
  service: 'route53',
  global: true,
  find: async (place) => {
    const sdk = await import('@aws-sdk/client-route-53');
    const client = new sdk.Route53Client(place.settings);
    try {
      const zones = await asked('route53:ListHostedZones', async () => {
        const all = [];
        for await (const { HostedZones } of sdk.paginateListHostedZones({ client }, {}))
          all.push(...(HostedZones ?? []));
        return all.filter(({ Config }) => Config?.PrivateZone !== true);
      });
      for (const { Id = '', Name: zone = '' } of zones) {
        const names = new Map<string, string[]>();
        for await (const record of recordsOf(sdk, client, Id, place.signal)) {
          const name = nameOf(record);
          if (name !== null) names.set(name, [...(names.get(name) ?? []), whereTo(record)]);
        }
        for (const [name, where] of names) {
          place.add({
            type: 'DNS name',
            id: `arn:${partitionOf(place.region)}:route53:::${Id.replace(/^\//, '')}/${name}`,
            name,
            endpoint: name,
            tags: { zone: zone.replace(/\.$/, '') },
            detail: placesOf(where),
          });
        }
      }
    } finally {
      client.destroy();
    }
  },
};

/** The SDK has no pages for these. */
async function* recordsOf(
  sdk: Sdk,
  client: Route53Client,
  zone: string,
  signal: AbortSignal,
): AsyncGenerator<ResourceRecordSet> {
  let from: Partial<ListResourceRecordSetsRequest> | null = {};
  while (from !== null) {
    const input: ListResourceRecordSetsRequest = { HostedZoneId: zone, ...from };
    const page: ListResourceRecordSetsResponse = await asked('route53:ListResourceRecordSets', () =>
      client.send(new sdk.ListResourceRecordSetsCommand(input), { abortSignal: signal }),
    );
    yield* page.ResourceRecordSets ?? [];
    const { IsTruncated, NextRecordName, NextRecordType, NextRecordIdentifier } = page;
    from =
      IsTruncated === true
        ? {
            StartRecordName: NextRecordName,
            StartRecordType: NextRecordType,
            StartRecordIdentifier: NextRecordIdentifier,
          }
        : null;
  }
}

/** null where it is the name of nothing that could be reached. */
function nameOf({ Name = '', Type, ResourceRecords, AliasTarget }: ResourceRecordSet): string | null {
  const values = (ResourceRecords ?? []).map(({ Value = '' }) => Value);
  return exposedName(Name, Type ?? '', values, AliasTarget !== undefined);
}

function whereTo({ ResourceRecords, AliasTarget }: ResourceRecordSet): string {
  const target = AliasTarget?.DNSName ?? (ResourceRecords ?? []).map(({ Value = '' }) => Value).join(', ');
  return target.replace(/\.$/, '');
}
