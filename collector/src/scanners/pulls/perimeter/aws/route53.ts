import type * as Route53 from '@aws-sdk/client-route-53';
import { BlockList, isIP } from 'node:net';
import type {
  ListResourceRecordSetsRequest,
  ListResourceRecordSetsResponse,
  ResourceRecordSet,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { type AwsFinder, asked } from '../found.ts';

type Sdk = typeof Route53;

/** Addresses that lead nowhere from outside. */
const INSIDE = new BlockList();
for (const [network, bits] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
] as const)
  INSIDE.addSubnet(network, bits, 'ipv4');

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
            id: `arn:aws:route53:::${Id.replace(/^\//, '')}/${name}`,
            name,
            endpoint: name,
            tags: { zone: zone.replace(/\.$/, '') },
            detail: `It leads to ${[...new Set(where)].slice(0, 10).join(', ')}.`,
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

/** null where it is the name of nothing that could be reached: proofs of ownership, wildcards, addresses inside. */
function nameOf({ Name = '', Type, ResourceRecords, AliasTarget }: ResourceRecordSet): string | null {
  if (Type !== 'A' && Type !== 'AAAA' && Type !== 'CNAME') return null;
  const name = Name.replace(/\.$/, '').toLowerCase();
  if (name.startsWith('_') || name.startsWith('*') || name.startsWith('\\052')) return null;
  const values = (ResourceRecords ?? []).map(({ Value = '' }) => Value);
  const inside = Type === 'A' && values.length > 0 && values.every(isInside);
  return inside || (values.length === 0 && AliasTarget === undefined) ? null : name;
}

function isInside(address: string): boolean {
  return isIP(address) === 4 && INSIDE.check(address, 'ipv4');
}

function whereTo({ ResourceRecords, AliasTarget }: ResourceRecordSet): string {
  const target = AliasTarget?.DNSName ?? (ResourceRecords ?? []).map(({ Value = '' }) => Value).join(', ');
  return target.replace(/\.$/, '');
}
