/**
 * Whether a scan rule sends requests of its own (active) or only reads answers (passive): a baseline scan runs the latter alone, and
 * must not close what only a full scan can see. Ids as in ZAP's list of alerts (https://www.zaproxy.org/docs/alerts/): passive rules
 * lie below 20000 and among 90001 to 110009, but for these.
 */
const ACTIVE_AMONG_PASSIVE: ReadonlySet<number> = new Set([
  0, 6, 7, 10045, 10047, 10048, 10051, 10053, 10058, 10095, 10104, 10106, 10107,
]);
const PASSIVE_ABOVE: ReadonlySet<number> = new Set([
  90001, 90002, 90003, 90004, 90005, 90011, 90022, 90030, 90033, 110001, 110002, 110003, 110004, 110005,
  110006, 110007, 110008, 110009,
]);

export type ScanKind = 'active' | 'passive';

export function scanKindOf(pluginId: string): ScanKind {
  const id = Number(pluginId);
  if (id < 20000) return ACTIVE_AMONG_PASSIVE.has(id) ? 'active' : 'passive';
  return PASSIVE_ABOVE.has(id) ? 'passive' : 'active';
}
