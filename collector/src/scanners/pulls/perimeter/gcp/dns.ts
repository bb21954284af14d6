import { z } from 'zod';
import { exposedName, namesOf, placesOf } from '../names.ts';
import { DNS, type GcpFinder, labels, pagesOf } from './api.ts';

/** @see https://cloud.google.com/dns/docs/reference/rest/v1/managedZones */
const zones = z.object({
  managedZones: z
    .array(z.object({ name: z.string(), dnsName: z.string(), visibility: z.string().optional(), labels }))
    .optional(),
});
const answers = z.object({ rrdatas: z.array(z.string()).optional() });
const items = z.object({ items: z.array(answers).optional() }).optional();
/** @see https://cloud.google.com/dns/docs/reference/rest/v1/resourceRecordSets */
const records = z.object({
  rrsets: z
    .array(
      answers.extend({
        name: z.string(),
        type: z.string(),
        routingPolicy: z
          .object({ wrr: items, geo: items, primaryBackup: z.object({ backupGeoTargets: items }).optional() })
          .optional(),
      }),
    )
    .optional(),
});
type RecordSet = NonNullable<z.infer<typeof records>['rrsets']>[number];

/** Names of public zones that lead to something: addresses outside, other names. */
export const dns: GcpFinder = {
  service: 'dns',
  find: async (place) => {
    const path = `projects/${place.account}/managedZones`;
    const all = await pagesOf(place, DNS, 'dns.managedZones.list', path, zones);
    for (const zone of all.flatMap(({ managedZones }) => managedZones ?? [])) {
      if (zone.visibility === 'private') continue;
      const pages = await pagesOf(
        place,
        DNS,
        'dns.resourceRecordSets.list',
        `${path}/${zone.name}/rrsets`,
        records,
      );
      for (const [name, where] of namesOf(pages.flatMap(({ rrsets }) => rrsets ?? []).map(named))) {
        place.add({
          type: 'DNS name',
          id: `${path}/${zone.name}/rrsets/${name}`,
          ...{ name, region: 'global', endpoint: name },
          tags: { ...zone.labels, zone: zone.dnsName.replace(/\.$/, '') },
          detail: placesOf(where),
        });
      }
    }
  },
};

/** What a policy answers depends on who asks and what is well: each of its answers is one. */
function named({ name, type, rrdatas, routingPolicy }: RecordSet): { name: string | null; where: string } {
  const { wrr, geo, primaryBackup } = routingPolicy ?? {};
  const choices = [wrr, geo, primaryBackup?.backupGeoTargets].flatMap((one) => one?.items ?? []);
  const values = [...(rrdatas ?? []), ...choices.flatMap((one) => one.rrdatas ?? [])];
  // One that only names load balancers has no values here.
  const isAlias = routingPolicy !== undefined && values.length === 0;
  return {
    name: exposedName(name, type, values, isAlias),
    where: isAlias ? 'load balancers' : values.map((value) => value.replace(/\.$/, '')).join(', '),
  };
}
