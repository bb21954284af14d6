import { BlockList, isIP } from 'node:net';

/** Addresses that lead nowhere from outside. */
const INSIDE = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
] as const)
  INSIDE.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  INSIDE.addSubnet(network, bits, 'ipv6');

/**
 * The name of a record of a public zone, without the dot at its end; null where it is the name of nothing that could be reached:
 * proofs of ownership, wildcards, addresses inside.
 * @param isAlias it leads to something of the cloud, without values of its own
 */
export function exposedName(
  record: string,
  type: string,
  values: readonly string[],
  isAlias: boolean,
): string | null {
  if (type !== 'A' && type !== 'AAAA' && type !== 'CNAME') return null;
  const name = record.replace(/\.$/, '').toLowerCase();
  if (name.startsWith('_') || name.startsWith('*') || name.startsWith('\\052')) return null;
  const inside = values.length > 0 && values.every(isInside);
  return inside || (values.length === 0 && !isAlias) ? null : name;
}

function isInside(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && INSIDE.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** What the records of a name say together. */
export function placesOf(where: readonly string[]): string {
  return `It leads to ${[...new Set(where)].slice(0, 10).join(', ')}.`;
}

interface NamedRecord {
  /** Null for what leads nowhere. */
  readonly name: string | null;
  readonly where: string;
}

/** By name, as one has several types. */
export function namesOf(records: readonly NamedRecord[]): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const { name, where } of records)
    if (name !== null) names.set(name, [...(names.get(name) ?? []), where.replace(/\.$/, '')]);
  return names;
}
