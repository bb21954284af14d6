import { ANY_RULE, type Cells } from '../findings/cells.ts';
import type { Observation, ScopeReport } from '../findings/model.ts';
import type { KnownHost, KnownHosts, Reading, SourceAdapter } from '../sources/adapter.ts';
import { hostOf } from '../sources/common/web.ts';

/** The report with the names of its hosts, and with those covered that are gone. The same for the same `reading`. */
export function withHosts(
  report: ScopeReport,
  adapter: SourceAdapter,
  { hosts, gone }: Reading,
): ScopeReport {
  if (hosts === undefined && gone === undefined) return report;
  const named = new Map(Object.entries(hosts ?? {}));
  const observations = report.observations.map((observation) => dressed(observation, named));
  const coverage = new Map(report.coverage);
  // A scan that died knows nothing of anything.
  if (report.mode === 'snapshot' && report.outcome === 'complete') {
    for (const host of gone ?? [])
      for (const cell of adapter.cellsOfHost?.(host) ?? []) coverage.set(cell, [ANY_RULE]);
  }
  return { ...report, observations, coverage };
}

/** Of what is known, what concerns this report and this scope: only that is kept with the run. */
export function concerning(
  report: ScopeReport,
  adapter: SourceAdapter,
  known: KnownHosts | undefined,
  cells: Cells | null,
): Pick<Reading, 'hosts' | 'gone'> {
  if (known === undefined) return {};
  const there = new Set(report.observations.map(({ resourceId }) => hostIn(resourceId)));
  const hosts = Object.fromEntries(Object.entries(known.named).filter(([host]) => there.has(host)));
  const seen = new Set([...(cells?.keys() ?? [])].map(unitOf));
  const gone = known.gone.filter(
    (host) => adapter.cellsOfHost?.(host).some((cell) => seen.has(unitOf(cell))) === true,
  );
  return {
    ...(Object.keys(hosts).length === 0 ? {} : { hosts }),
    ...(gone.length === 0 ? {} : { gone }),
  };
}

function dressed(observation: Observation, named: ReadonlyMap<string, KnownHost>): Observation {
  const known = named.get(hostIn(observation.resourceId));
  if (known === undefined) return observation;
  return { ...observation, resourceName: known.name, tags: { ...known.tags, ...observation.tags } };
}

/** Scanners name a host by its address or name, or by the site that it serves; `s3://name` is no host. */
function hostIn(resource: string): string {
  return /^https?:\/\//i.test(resource) ? hostOf(resource) : resource.toLowerCase();
}

function unitOf(cell: string): string {
  return cell.slice(0, cell.lastIndexOf('@'));
}
