import type { ScopeResult } from '../ingest/ingest.ts';
import type { Published } from '../reports/publish.ts';
import type { FileResult, IngestRun } from './ingest-run.ts';
import { clipped, errorDocument, type Paint, plural, printable, timeText } from './output.ts';

/** What `ingest` says of reports, for programs and for people. */

export function fileDocument({ file, scopes, error, remarks }: FileResult) {
  if (error !== undefined) return { file, error: errorDocument(error) };
  return {
    file,
    scopes: (scopes ?? []).map(({ name: _name, observedAt, ...scope }) => ({
      ...scope,
      observedAt: new Date(observedAt).toISOString(),
    })),
    remarks,
  };
}

export function totalDocument(run: IngestRun, published: Published | null) {
  return {
    total: {
      ...totalsOf(run),
      skipped: run.skipped.length,
      report: published === null ? null : { date: published.report.report_date, written: published.written },
    },
  };
}

function totalsOf(run: IngestRun) {
  const results = run.files.flatMap(({ scopes }) => scopes ?? []);
  const sum = (key: keyof ScopeResult['counts']): number =>
    results.reduce((all, { counts }) => all + counts[key], 0);
  return {
    files: run.files.length,
    failed: run.files.filter(({ error }) => error !== undefined).length,
    scopes: new Set(results.map(({ scope }) => scope)).size,
    already: results.filter(({ status }) => status === 'already').length,
    drift: sum('drift'),
    reopened: sum('reopened'),
    fixed: sum('fixed'),
    changed: sum('changed'),
    baseline: sum('baseline'),
    ruleset: sum('ruleset'),
  };
}

export function fileLines(result: FileResult, paint: Paint): string[] {
  if (result.error !== undefined) {
    const { message, hint } = errorDocument(result.error);
    return [`${paint.red('✗')} ${message}`, `    ${paint.dim('→')} ${hint}`];
  }
  return [
    ...(result.scopes ?? []).flatMap((scope) => scopeLines(scope, paint)),
    ...result.remarks.map((remark) => `    ${paint.dim(printable(remark))}`),
  ];
}

const MOST_NOTES = 3;

function scopeLines(result: ScopeResult, paint: Paint): string[] {
  const { scope, observedAt, notes } = result;
  const head = `${markOf(result, paint)} ${paint.bold(clipped(scope, 60))}  ${paint.dim(timeText(observedAt))}`;
  const doubt = doubtOf(result);
  const lines = [`${head}  ${changesOf(result, paint)}`];
  if (doubt !== null) lines.push(`    ${paint.yellow(printable(doubt))}`);
  // The first note is the reason already where the run was judged by it.
  const more = notes.filter((note) => note !== result.reason);
  lines.push(...more.slice(0, MOST_NOTES).map((note) => `    ${paint.dim(clipped(note, 160))}`));
  if (more.length > MOST_NOTES)
    lines.push(`    ${paint.dim(`and ${plural(more.length - MOST_NOTES, 'more note')}`)}`);
  return lines;
}

function markOf({ status, outcome, late }: ScopeResult, paint: Paint): string {
  if (outcome === 'failed') return paint.red('✗');
  if (outcome === 'partial' || late) return paint.yellow('!');
  return status === 'committed' ? paint.green('✓') : paint.dim('=');
}

function doubtOf({ status, outcome, reason, late }: ScopeResult): string | null {
  if (status === 'already') return null;
  if (late) return 'late: a newer run was there before it, so it is recorded and changes nothing';
  if (outcome === null || outcome === 'complete') return null;
  return `${outcome}${reason === null ? '' : `: ${reason}`}; nothing was closed that it did not look at`;
}

function changesOf({ status, counts }: ScopeResult, paint: Paint): string {
  if (status === 'already') return paint.dim('this report was taken in before');
  const said = [
    [counts.drift, 'new', paint.red],
    [counts.reopened, 'reopened', paint.red],
    [counts.fixed, 'fixed', paint.green],
    [counts.changed, 'changed', paint.cyan],
    [counts.baseline, 'onboarded', paint.reset],
    [counts.ruleset, 'by new rules', paint.reset],
  ] as const;
  const parts = said
    .filter(([n]) => n > 0)
    .map(([n, word, color]) => color(`${n.toLocaleString('en')} ${word}`));
  const observed = plural(counts.observed, 'failing check');
  return `${observed}: ${parts.length === 0 ? 'no change' : parts.join(', ')}`;
}

const MOST_SKIPPED = 3;

export function totalLines(
  run: IngestRun,
  published: Published | null,
  store: string,
  paint: Paint,
): string[] {
  const totals = totalsOf(run);
  const lines: string[] = [''];
  const parts = [
    `${totals.drift.toLocaleString('en')} new`,
    ...(totals.reopened > 0 ? [`${totals.reopened.toLocaleString('en')} reopened`] : []),
    `${totals.fixed.toLocaleString('en')} fixed`,
    ...(totals.baseline > 0 ? [`${totals.baseline.toLocaleString('en')} onboarded`] : []),
    ...(totals.ruleset > 0 ? [`${totals.ruleset.toLocaleString('en')} by new rules`] : []),
  ];
  const read = totals.files - totals.failed;
  if (read > 0) {
    lines.push(
      `${paint.bold(plural(read, 'report'))} of ${plural(totals.scopes, 'scope')} in ${store}: ${parts.join(', ')}`,
    );
  } else {
    lines.push('No report was taken in.');
  }
  if (totals.failed > 0)
    lines.push(paint.red(`${plural(totals.failed, 'file')} could not be read, see above`));
  if (run.skipped.length > 0) {
    const names = run.skipped.slice(0, MOST_SKIPPED).map((name) => clipped(name, 60));
    const more = run.skipped.length > MOST_SKIPPED ? ', …' : '';
    lines.push(
      paint.dim(`${plural(run.skipped.length, 'other file')} left alone: ${names.join(', ')}${more}`),
    );
  }
  if (published !== null) {
    const { report, written } = published;
    lines.push(
      written
        ? `${plural(report.sightline.totals.open, 'finding')} open in all; the report of ${report.report_date} is published (\`sightline serve\` shows it)`
        : paint.yellow(
            'A newer collector, or a later day, has published there: its report was left as it is',
          ),
    );
  }
  return lines;
}
