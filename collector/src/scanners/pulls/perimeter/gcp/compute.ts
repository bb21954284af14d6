import { isIPv4 } from 'node:net';
import { z } from 'zod';
import { siteOf } from '../found.ts';
import { lastOf } from '../lists.ts';
import { aggregated } from './aggregated.ts';
import { type GcpFinder, type GcpPlace, labels, regionIn } from './api.ts';

/** @see https://cloud.google.com/compute/docs/reference/rest/v1/instances */
const instance = z.object({
  name: z.string(),
  selfLink: z.string(),
  status: z.string().optional(),
  machineType: z.string().optional(),
  labels,
  networkInterfaces: z
    .array(z.object({ accessConfigs: z.array(z.object({ natIP: z.string().optional() })).optional() }))
    .optional(),
});
/** @see https://cloud.google.com/compute/docs/reference/rest/v1/forwardingRules */
const rule = z.object({
  name: z.string(),
  selfLink: z.string(),
  IPAddress: z.string().optional(),
  IPProtocol: z.string().optional(),
  portRange: z.string().optional(),
  ports: z.array(z.string()).optional(),
  allPorts: z.boolean().optional(),
  loadBalancingScheme: z.string().optional(),
  target: z.string().optional(),
  labels,
});
type Rule = z.infer<typeof rule>;
/** @see https://cloud.google.com/compute/docs/reference/rest/v1/addresses */
const reserved = z.object({
  name: z.string(),
  selfLink: z.string(),
  address: z.string().optional(),
  addressType: z.string().optional(),
  purpose: z.string().optional(),
  status: z.string().optional(),
  users: z.array(z.string()).optional(),
  labels,
});

/**
 * Public IPv4 addresses: of instances that run, of forwarding rules that take calls from outside, and reserved ones that are in use
 * for something else (gateways). One that is reserved and used by nothing exposes nothing.
 */
export const compute: GcpFinder = {
  service: 'compute',
  find: async (place) => {
    const seen = new Set<string>();
    await instances(place, seen);
    await forwardingRules(place, seen);
    await addresses(place, seen);
  },
};

async function instances(place: GcpPlace, seen: Set<string>): Promise<void> {
  const all = await aggregated(place, 'instances', 'compute.instances.list', instance);
  for (const { name, selfLink, status, machineType = '', networkInterfaces, ...one } of all) {
    const own = (networkInterfaces ?? [])
      .flatMap(({ accessConfigs }) => accessConfigs ?? [])
      .flatMap(({ natIP }) => (natIP === undefined ? [] : [natIP]));
    for (const address of new Set(own)) {
      // Known even where it is switched off: an address that it keeps leads nowhere meanwhile.
      seen.add(address);
      if (status !== 'RUNNING') continue;
      place.add({
        type: 'instance',
        ...{ id: idOf(selfLink), name, region: regionIn(selfLink), endpoint: address },
        tags: one.labels ?? {},
        detail: machineType === '' ? '' : `It is a ${lastOf(machineType)} in ${zoneOf(selfLink)}.`,
      });
    }
  }
}

async function forwardingRules(place: GcpPlace, seen: Set<string>): Promise<void> {
  const all = await aggregated(place, 'forwardingRules', 'compute.forwardingRules.list', rule);
  for (const one of all) {
    const { name, selfLink, IPAddress = '', loadBalancingScheme = '' } = one;
    if (!loadBalancingScheme.startsWith('EXTERNAL') || !isIPv4(IPAddress)) continue;
    seen.add(IPAddress);
    place.add({
      type: 'forwarding rule',
      ...{ id: idOf(selfLink), name, region: regionIn(selfLink), endpoint: endpointOf(IPAddress, one) },
      tags: one.labels ?? {},
      detail: portsOf(one),
    });
  }
}

/** A proxy for HTTP makes it a site. */
function endpointOf(address: string, { target = '', portRange = '' }: Rule): string {
  const [, secure = ''] = /\/targetHttp(s?)Proxies\//.exec(target) ?? [];
  if (!/\/targetHttps?Proxies\//.test(target)) return address;
  const port = Number(portRange.split('-')[0]);
  const protocol = secure === '' ? 'http' : 'https';
  return siteOf(address, [{ protocol, port: port > 0 ? port : protocol === 'https' ? 443 : 80 }]);
}

function portsOf({ IPProtocol = '', portRange = '', ports, allPorts }: Rule): string {
  const [from = '', to = ''] = portRange.split('-');
  const range = from === to ? from : portRange;
  const all = [...(ports ?? []), ...(range === '' ? [] : [range])];
  const protocol = IPProtocol === '' ? '' : `/${IPProtocol}`;
  if (all.length > 0) return `It listens on ${all.map((port) => `${port}${protocol}`).join(', ')}.`;
  return allPorts === true ? `It listens on every port${IPProtocol === '' ? '' : ` of ${IPProtocol}`}.` : '';
}

async function addresses(place: GcpPlace, seen: Set<string>): Promise<void> {
  const all = await aggregated(place, 'addresses', 'compute.addresses.list', reserved);
  for (const { name, selfLink, address = '', addressType, purpose, status, users, ...one } of all) {
    const leads = addressType === 'EXTERNAL' && status === 'IN_USE' && isOfOthers(users, purpose);
    if (!leads || !isIPv4(address) || seen.has(address)) continue;
    place.add({
      type: 'reserved address',
      ...{ id: idOf(selfLink), name, region: regionIn(selfLink), endpoint: address },
      tags: one.labels ?? {},
      detail:
        users === undefined || users.length === 0 ? '' : `It is used by ${users.map(lastOf).join(', ')}.`,
    });
  }
}

/** Instances and rules tell of their addresses themselves. What Cloud NAT takes by itself comes and goes, and nothing listens there. */
function isOfOthers(users: readonly string[] = [], purpose = ''): boolean {
  if (purpose === 'NAT_AUTO') return false;
  return users.length === 0 || users.some((user) => !/\/(instances|forwardingRules)\//.test(user));
}

/** `projects/shop/zones/europe-west1-b/instances/web`, wherever the service is. */
function idOf(selfLink: string): string {
  return selfLink.slice(Math.max(0, selfLink.indexOf('projects/')));
}

function zoneOf(selfLink: string): string {
  return /\/zones\/([^/]+)/.exec(selfLink)?.[1] ?? 'no zone';
}
