import { ReportError } from '../errors.ts';
import type { Cells } from '../findings/cells.ts';
import type { EpochMs, RunOutcome, ScopeReport, SourceId } from '../findings/model.ts';
import type { Severity } from '../findings/severity.ts';
import type { Advance, ScopeName } from '../lake/advance.ts';
import type { RunCommitInput } from '../lake/commit-file.ts';
import type { Committer, CommitResult } from '../lake/committer.ts';
import { FOLD_AT, foldScope } from '../lake/fold.ts';
import { runIdOf, scopeIdOf, scopeOf } from '../lake/keys.ts';
import type { KnownHosts, Reading, ReportInput, SourceAdapter } from '../sources/adapter.ts';
import type { Place } from '../sources/common/place.ts';
import { detectSource } from '../sources/detect.ts';
import { mappedAdapter } from '../sources/generic/index.ts';
import type { Mapping } from '../sources/generic/mapping.ts';
import type { IdentityPolicy } from '../sources/identity/check.ts';
import { adapters } from '../sources/registry.ts';
import { concerning, withHosts } from './known-hosts.ts';
import { type RawReport, rawReport } from './raw.ts';

/** What the caller says of a report, beside the report itself. */
export interface IngestOptions {
  /** Time of the scan, for reports that do not say. Default: now. */
  readonly observedAt?: EpochMs;
  /** What the report says came after a report of this time, whatever time it says itself. */
  readonly notBefore?: EpochMs;
  /** How the scan ended, where the caller knows it. */
  readonly outcome?: RunOutcome;
  /** The caller vouches that the scan looked at everything in the scope. */
  readonly declareComplete?: boolean;
  /** How long the scan took, where the caller knows it. */
  readonly durationMs?: number;
  /** Only this source; by default the content tells. */
  readonly source?: SourceId;
  /** Where the report belongs, for reports that do not say. */
  readonly place?: Place;
  readonly onProgress?: (bytes: number) => void;
  /** What the configuration says of reading: rules for users, and files that only it knows. */
  readonly reading?: ReadingOptions;
  /** What is known of the hosts that the report is about. */
  readonly hosts?: KnownHosts;
  /** Hears what was read before anything of it is written, and throws to refuse it. */
  readonly admit?: (reports: readonly ScopeReport[]) => Promise<void>;
}

export interface ReadingOptions {
  readonly identity?: IdentityPolicy;
  readonly mappings?: readonly Mapping[];
}

export interface OpenedReport {
  readonly name: string;
  readonly input: ReportInput;
  readonly companion?: ReportInput;
}

/** What a report did to one scope. */
export interface ScopeResult {
  readonly scope: string;
  readonly name: ScopeName;
  readonly runId: string;
  readonly observedAt: EpochMs;
  readonly status: CommitResult['status'];
  /** null where the run was there already. */
  readonly outcome: RunOutcome | null;
  readonly reason: string | null;
  readonly late: boolean;
  readonly counts: EventCounts;
  readonly severities: SeverityCounts;
  readonly notes: readonly string[];
  /** As in the report. */
  readonly gaps: readonly string[];
}

export interface EventCounts {
  readonly observed: number;
  readonly drift: number;
  readonly ruleset: number;
  readonly baseline: number;
  readonly reopened: number;
  readonly changed: number;
  readonly fixed: number;
}

/** What is news for people, by severity. */
export interface SeverityCounts {
  /** Opened by drift, or reopened. */
  readonly fresh: Readonly<Record<Severity, number>>;
  readonly fixed: Readonly<Record<Severity, number>>;
}

/** Clocks of scanners and collectors differ; more than this is a wrong clock or a wrong time zone. */
export const FUTURE_TOLERANCE_MS = 10 * 60_000;

export interface ReadReport {
  readonly adapter: SourceAdapter;
  readonly reports: readonly ScopeReport[];
}

/** Finds the source of a report and reads it. @throws ReportError */
export async function readReport(report: OpenedReport, options: IngestOptions = {}): Promise<ReadReport> {
  const adapter = adapterOf(report.input, options);
  const reading = readingOf(adapter, options);
  const reports = await adapter.read(report.input, {
    ...(reading === undefined ? {} : { reading }),
    ...(options.observedAt === undefined ? {} : { at: options.observedAt }),
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    ...(report.companion === undefined ? {} : { companion: report.companion }),
    ...(options.place === undefined ? {} : { place: options.place }),
    ...(options.declareComplete === true ? { complete: true } : {}),
  });
  return { adapter, reports };
}

/** By the content, among all sources and those of the configuration. */
function adapterOf(input: ReportInput, { source, reading }: IngestOptions): SourceAdapter {
  return detectSource(input, source, [...adapters, ...(reading?.mappings ?? []).map(mappedAdapter)]);
}

function readingOf(adapter: SourceAdapter, { reading }: IngestOptions): Reading | undefined {
  if (adapter.readsConfiguration !== true || reading === undefined) return undefined;
  return { identity: reading.identity, mapping: reading.mappings?.find(({ id }) => id === adapter.id) };
}

/** Time of a run: from the file, else the caller, else receipt. @throws ReportError `future` */
export function observedAtOf(
  name: string,
  report: ScopeReport,
  options: IngestOptions,
  now: EpochMs,
): EpochMs {
  const at = Math.max(report.observedAt ?? options.observedAt ?? now, options.notBefore ?? -Infinity);
  if (at <= now + FUTURE_TOLERANCE_MS) return at;
  throw new ReportError(
    'future',
    `${name}: the report says it was made on ${new Date(at).toISOString()}, which is in the future`,
    'Check the clock and the time zone of the machine that scans, and of this one.',
  );
}

/**
 * Reads a report and commits it to every scope in it. Nothing is written unless the whole report could be read.
 * @throws ReportError for what is wrong with the report, StoreError for what is wrong with the bucket
 */
export async function ingestReport(
  committer: Committer,
  opened: OpenedReport,
  options: IngestOptions = {},
): Promise<readonly ScopeResult[]> {
  const adapter = adapterOf(opened.input, options);
  const clean = (await adapter.redact?.(opened.input)) ?? opened.input;
  const copying = rawReport(clean, adapter.id, formatOf(clean));
  // Awaited below; a failure before that must not count as unhandled.
  copying.catch(() => undefined);
  let companion: RawReport | null = null;
  try {
    const now = committer.now();
    const { reports } = await readReport(
      { ...opened, input: clean },
      { ...options, source: adapter.id, observedAt: options.observedAt ?? now },
    );
    const times = reports.map((report) => observedAtOf(opened.name, report, options, now));
    await options.admit?.(reports);
    const raw = await copying;
    companion = opened.companion === undefined ? null : await rawReport(opened.companion, adapter.id, 'json');
    const results: ScopeResult[] = [];
    for (const [index, report] of reports.entries()) {
      const at = times[index] ?? now;
      const reading = {
        ...readingOf(adapter, options),
        ...concerning(report, adapter, options.hosts, await cellsSeen(committer, adapter, report, options)),
      };
      const known = withHosts(report, adapter, reading);
      results.push(await commitRun(committer, adapter, known, at, raw, companion, opened, options, reading));
    }
    return results;
  } finally {
    await copying.then((raw) => raw.dispose()).catch(() => undefined);
    await companion?.dispose();
    if (clean !== opened.input) clean.close();
  }
}

/** Only asked where some host is gone: what of it the scope has ever looked at. */
async function cellsSeen(
  committer: Committer,
  adapter: SourceAdapter,
  { source, cloud, account }: ScopeReport,
  { hosts }: IngestOptions,
): Promise<Cells | null> {
  if (adapter.cellsOfHost === undefined || (hosts?.gone.length ?? 0) === 0) return null;
  return (await committer.readHead(scopeIdOf(scopeOf(source, cloud, account))))?.cells ?? null;
}

async function commitRun(
  committer: Committer,
  adapter: SourceAdapter,
  report: ScopeReport,
  observedAt: EpochMs,
  raw: RawReport,
  companion: RawReport | null,
  opened: OpenedReport,
  options: IngestOptions,
  reading: Reading,
): Promise<ScopeResult> {
  const { source, cloud, account } = report;
  const scope = scopeOf(source, cloud, account);
  const name: ScopeName = { scope, source, cloud, account };
  const input: RunCommitInput = {
    kind: 'run',
    id: runIdOf(scope, observedAt, raw.digest),
    observedAt,
    declaredComplete: options.declareComplete === true,
    outcome: options.outcome ?? null,
    durationMs: options.durationMs ?? null,
    source,
    identity: adapter.identity,
    raw: { key: raw.key, digest: raw.digest, bytes: raw.bytes, name: opened.name.slice(-300) },
    companion:
      companion === null
        ? null
        : { key: companion.key, name: opened.companion?.name.slice(-300) ?? 'companion' },
    ...(options.place === undefined ? {} : { place: options.place }),
    ...(Object.keys(reading).length === 0 ? {} : { reading: { ...reading } }),
  };
  const result = await committer.commit(name, { input, report }, async () => {
    await Promise.all([raw.store(committer.store), companion?.store(committer.store)]);
  });
  if ((result.head?.commits.length ?? 0) >= FOLD_AT) await foldScope(committer, scopeIdOf(scope));
  return {
    scope,
    name,
    runId: input.id,
    observedAt,
    status: result.status,
    outcome: result.advance?.run?.outcome ?? null,
    reason: result.advance?.run?.reason ?? null,
    late: result.advance?.run?.late ?? false,
    counts: countsOf(result.advance, report.observations.length),
    severities: severitiesOf(result.advance),
    notes: report.notes,
    gaps: report.gaps ?? [],
  };
}

function countsOf(done: Advance | null, observed: number): EventCounts {
  const counts = { observed, drift: 0, ruleset: 0, baseline: 0, reopened: 0, changed: 0, fixed: 0 };
  for (const event of done?.events ?? []) {
    if (event.kind === 'opened') counts[event.openedCause]++;
    else if (event.kind === 'reopened') counts.reopened++;
    else if (event.kind === 'fixed') counts.fixed++;
    else if (event.kind === 'changed') counts.changed++;
  }
  return counts;
}

function severitiesOf(done: Advance | null): SeverityCounts {
  const none = { INFORMATIONAL: 0, LOW: 0, MEDIUM: 0, HIGH: 0, CRITICAL: 0 };
  const counts = { fresh: { ...none }, fixed: { ...none } };
  for (const { kind, severity, openedCause } of done?.events ?? []) {
    if (kind === 'reopened' || (kind === 'opened' && openedCause === 'drift')) counts.fresh[severity]++;
    else if (kind === 'fixed') counts.fixed[severity]++;
  }
  return counts;
}

/** For the name of the raw object only: what the first character of the content says. */
function formatOf(input: ReportInput): string {
  const start = Buffer.alloc(64);
  const text = start
    .subarray(0, input.readAt(start, 0))
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart();
  if (text.startsWith('{') || text.startsWith('[')) return 'json';
  if (text.startsWith('<')) return 'xml';
  return text.startsWith('scoutsuite_results') ? 'js' : 'csv';
}
