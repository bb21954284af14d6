import { z } from 'zod';
import { lastOf } from '../lists.ts';
import { exposedName, namesOf, placesOf } from '../names.ts';
import { type AzureFinder, below, listed, resource } from './arm.ts';

const VERSION = '2018-05-01';

/** @see https://learn.microsoft.com/rest/api/dns/zones/list */
const zone = resource.extend({ properties: z.object({ zoneType: z.string().nullish() }) });
/** @see https://learn.microsoft.com/rest/api/dns/record-sets/list-by-dns-zone */
const records = z.object({
  name: z.string(),
  type: z.string(),
  properties: z.object({
    fqdn: z.string().nullish(),
    ARecords: z.array(z.object({ ipv4Address: z.string() })).nullish(),
    AAAARecords: z.array(z.object({ ipv6Address: z.string() })).nullish(),
    CNAMERecord: z.object({ cname: z.string().nullish() }).nullish(),
    targetResource: z.object({ id: z.string().nullish() }).nullish(),
  }),
});
type Records = z.infer<typeof records>;

/** Names of public zones that lead to something: addresses outside, other names, resources. */
export const dns: AzureFinder = {
  service: 'dns',
  find: async (place) => {
    const zones = await listed(place, 'Microsoft.Network/dnsZones', VERSION, zone);
    for (const one of zones.filter(({ properties }) => properties.zoneType !== 'Private')) {
      const all = await below(
        place,
        one,
        { path: 'recordsets', right: 'Microsoft.Network/dnsZones/recordsets/read', version: VERSION },
        records,
      );
      for (const [name, where] of namesOf(all.map((record) => named(record, one.name)))) {
        place.add({
          type: 'DNS name',
          id: `${one.id}/${name}`,
          name,
          region: 'global',
          endpoint: name,
          tags: { ...one.tags, zone: one.name },
          detail: placesOf(where),
        });
      }
    }
  },
};

function named(
  { name, type, properties }: Records,
  zoneName: string,
): { name: string | null; where: string } {
  const { fqdn, ARecords, AAAARecords, CNAMERecord, targetResource } = properties;
  const values = [
    ...(ARecords ?? []).map(({ ipv4Address }) => ipv4Address),
    ...(AAAARecords ?? []).map(({ ipv6Address }) => ipv6Address),
    ...(CNAMERecord?.cname ? [CNAMERecord.cname] : []),
  ];
  const target = targetResource?.id ?? '';
  return {
    name: exposedName(
      fqdn ?? (name === '@' ? zoneName : `${name}.${zoneName}`),
      lastOf(type).toUpperCase(),
      values,
      target !== '',
    ),
    where: values.length > 0 ? values.join(', ') : lastOf(target),
  };
}
