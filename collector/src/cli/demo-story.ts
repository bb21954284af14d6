import { settingsFrom } from '../config/index.ts';
import { SightlineError, UsageError } from '../errors.ts';
import type { EpochMs } from '../findings/model.ts';
import { globMatches } from '../findings/settings.ts';
import { ingestReport, type OpenedReport } from '../ingest/ingest.ts';
import { Committer } from '../lake/committer.ts';
import { applyConfig, decide, readHeads } from '../lake/lake.ts';
import { publishReport, type PublishOptions } from '../reports/publish.ts';
import {
  sampleReports,
  sampleSettingsFor,
  sampleVerdicts,
  type SampleReport,
  type SampleVerdict,
} from '../sample/index.ts';
import { bufferInput } from '../sources/input/index.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { collectorVersion } from './context.ts';
import { z } from 'zod';

/** The story of the sample estate, lived through: what `demo` puts into a store. */

export interface DemoPlan {
  readonly seed: number;
  readonly weeks: number;
  /** The last week ends here. */
  readonly end: EpochMs;
}

export interface DemoOptions {
  readonly report: Omit<PublishOptions, 'version'>;
  readonly cacheRows: number;
}

export interface Filled {
  readonly reports: number;
  readonly findings: number;
  readonly events: number;
  /** Verdicts of the story that matched no finding. */
  readonly unmatched: readonly string[];
}

/** Says of a store that what is in it is this demo. */
const MARKER_KEY = 'demo.json';
const markerSchema = z.object({
  format: z.literal(1),
  seed: z.number(),
  weeks: z.number(),
  end: z.number(),
  complete: z.boolean(),
});
export type DemoMarker = z.infer<typeof markerSchema>;

const WEEK_MS = 7 * 86_400_000;
const MINUTE_MS = 60_000;
const BY = 'demo';

/**
 * The demo that the store holds; null where the store is empty.
 * @throws UsageError where it holds anything else, or half a demo
 */
export async function readDemo(store: ObjectStore): Promise<DemoMarker | null> {
  const marker = await readMarker(store);
  if (marker?.complete === true) return marker;
  if (!(await holdsAnything(store))) return null;
  throw new UsageError(
    marker === null
      ? `${store.description} holds findings already: the demo only goes into an empty store`
      : `${store.description} holds half a demo: an earlier one was interrupted`,
    marker === null
      ? 'Give another folder, for example --store /tmp/sightline-demo.'
      : 'Remove it, or give another folder, for example --store /tmp/sightline-demo.',
  );
}

async function readMarker(store: ObjectStore): Promise<DemoMarker | null> {
  const stored = await store.get(MARKER_KEY);
  if (stored === undefined) return null;
  try {
    return markerSchema.parse(JSON.parse(stored.body.toString('utf8')));
  } catch (error) {
    throw new SightlineError(
      'corrupt',
      `${MARKER_KEY} of ${store.description} is not as the demo writes it`,
      'Give another folder, for example --store /tmp/sightline-demo.',
      2,
      error,
    );
  }
}

async function holdsAnything(store: ObjectStore): Promise<boolean> {
  for (const prefix of ['heads/', 'config/']) {
    for await (const _object of store.list(prefix)) return true;
  }
  return false;
}

/**
 * Week by week: the reports go the way of real ones, at the time they would have come; then the decisions of that week,
 * then its report.
 */
export async function fillDemo(
  store: ObjectStore,
  plan: DemoPlan,
  options: DemoOptions,
  onProgress: (done: number, total: number, label: string) => void,
): Promise<Filled> {
  const reports = sampleReports(plan);
  const mark = (complete: boolean): Promise<void> =>
    store.put(MARKER_KEY, Buffer.from(JSON.stringify({ format: 1, ...plan, complete })), {
      contentType: 'application/json',
    });
  let clock = Math.min(...reports.map(({ observedAt }) => observedAt)) - 60 * MINUTE_MS;
  const committer = new Committer({ store, now: () => clock, cacheRows: options.cacheRows });
  await mark(false);
  await applyConfig(committer, settingsFrom(sampleSettingsFor(plan.end)), BY, clock);

  let [done, events] = [0, 0];
  const unmatched: string[] = [];
  const arrivals = arrivalsOf(reports);
  for (let week = 1; week <= plan.weeks; week++) {
    for (const arrival of arrivals.filter(({ report }) => report.week === week)) {
      onProgress(done, reports.length, arrival.report.path);
      clock = Math.max(clock, arrival.report.observedAt + 5 * MINUTE_MS);
      for (const { counts } of await ingestReport(committer, openedOf(arrival), timeTaken(arrival))) {
        const { observed: _observed, ...changes } = counts;
        events += Object.values(changes).reduce((sum, n) => sum + n, 0);
      }
      done += arrival.companion === undefined ? 1 : 2;
    }
    clock = Math.max(clock, plan.end - (plan.weeks - week) * WEEK_MS);
    unmatched.push(...(await decideWeek(committer, week, clock)));
    onProgress(done, reports.length, `report of week ${week}`);
    await publishReport(committer, { ...options.report, version: collectorVersion() });
  }
  await mark(true);
  const heads = await readHeads(committer);
  const findings = heads.reduce((sum, head) => sum + (head.state?.rows ?? 0), 0);
  return { reports: done, findings, events, unmatched };
}

interface Arrival {
  readonly report: SampleReport;
  /** ScoutSuite's errors, where it wrote some. */
  readonly companion: SampleReport | undefined;
}

/** ScoutSuite's errors file belongs to the report before it. */
function arrivalsOf(reports: readonly SampleReport[]): Arrival[] {
  const isErrors = ({ path }: SampleReport): boolean => path.includes('/scoutsuite_errors_');
  return reports.flatMap((report, index) => {
    if (isErrors(report)) return [];
    const next = reports[index + 1];
    return [{ report, companion: next !== undefined && isErrors(next) ? next : undefined }];
  });
}

function openedOf({ report, companion }: Arrival): OpenedReport {
  return {
    name: report.path,
    input: bufferInput(report.path, report.content()),
    ...(companion === undefined ? {} : { companion: bufferInput(companion.path, companion.content()) }),
  };
}

/** Minutes that scanners take, as their users say it; events are no scan. */
const MINUTES: Readonly<Partial<Record<SampleReport['source'], number>>> = {
  scoutsuite: 9,
  prowler: 16,
  nmap: 31,
  zap: 22,
  trivy: 2,
};

/** Longer from week to week, as estates grow, and a little different every time. */
function timeTaken({ report }: Arrival): { durationMs?: number } {
  const minutes = MINUTES[report.source];
  if (minutes === undefined) return {};
  const jitter = ((report.week * 7 + report.account.length * 5) % 11) / 20;
  return { durationMs: Math.round(minutes * (1 + report.week / 60 + jitter) * MINUTE_MS) };
}

async function decideWeek(committer: Committer, week: number, at: EpochMs): Promise<string[]> {
  const verdicts = sampleVerdicts.filter((verdict) => verdict.week === week);
  if (verdicts.length === 0) return [];
  const unmatched: string[] = [];
  for (const verdict of verdicts) {
    const matched = await decideOne(committer, verdict, at);
    if (!matched) unmatched.push(`${verdict.select.source} ${verdict.select.account} ${verdict.select.rule}`);
  }
  return unmatched;
}

async function decideOne(
  committer: Committer,
  { select, ...given }: SampleVerdict,
  at: EpochMs,
): Promise<boolean> {
  const heads = await readHeads(committer);
  let matched = false;
  for (const head of heads) {
    if (head.source !== select.source || head.account !== select.account) continue;
    const { findings } = await committer.stateFor(head);
    const fingerprints = [...findings.values()]
      .filter(({ ruleId }) => ruleId === select.rule)
      .filter(({ resourceId, resourceName }) => {
        const { resource } = select;
        return (
          resource === undefined ||
          globMatches(resource, resourceId) ||
          globMatches(resource, resourceName ?? '')
        );
      })
      .map(({ fingerprint }) => fingerprint);
    if (fingerprints.length === 0) continue;
    matched = true;
    const until = given.until === undefined ? null : at + given.until * 86_400_000;
    await decide(committer, head, fingerprints, {
      verdict: given.verdict,
      until,
      by: given.by,
      reason: given.reason,
      at,
    });
  }
  return matched;
}
