import Table from 'cli-table3';
import type { Severity } from '../findings/severity.ts';
import { type Report, type ReportSeverities, reportClouds } from '../reports/schema.ts';
import {
  clipped,
  type Paint,
  paintFor,
  paintSeverity,
  plural,
  printable,
  type Terminal,
  WORST_FIRST,
} from './output.ts';

/** A published report for a terminal: the shape of the estate first, then what to do about it. */

const BAR_WIDTH = 36;
const SPARKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** `▁▃▇`: the lowest value as the lowest mark (`from` 0: zero as the lowest), the highest as the highest. */
export function sparkline(values: readonly number[], from = Math.min(...values)): string {
  const range = Math.max(...values) - from;
  return values
    .map(
      (value) => SPARKS[range <= 0 ? 0 : Math.round(((value - from) / range) * (SPARKS.length - 1))] ?? ' ',
    )
    .join('');
}

/** A bar of at most `width` characters, to an eighth of one. */
export function bar(value: number, top: number, width = BAR_WIDTH): string {
  const eighths = top <= 0 ? 0 : Math.round((value / top) * width * 8);
  const rest = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8] ?? '';
  const drawn = '█'.repeat(Math.floor(eighths / 8)) + rest;
  return drawn === '' && value > 0 ? '▏' : drawn;
}

export function reportLines(report: Report, terminal: Terminal): string[] {
  const paint = paintFor(terminal);
  return [
    '',
    ...headline(report, paint),
    ...trendLines(report, paint),
    ...severityLines(report, paint),
    ...cloudLines(report, paint),
    ...worstLines(report, paint),
    ...lateLines(report, paint),
  ];
}

function headline(report: Report, paint: Paint): string[] {
  const { totals, accounts, previous } = report.sightline;
  const against = previous === null ? 'the first report' : `since ${previous.report_date}`;
  const flows = [
    [totals.new, 'new', paint.red],
    [totals.reopened, 'reopened', paint.red],
    [totals.fixed, 'fixed', paint.green],
    [totals.baseline, 'found on onboarding', paint.dim],
    [totals.ruleset, 'by new rules', paint.dim],
  ] as const;
  const said = flows
    .filter(([n]) => n > 0)
    .map(([n, word, color]) => color(`${n.toLocaleString('en')} ${word}`));
  const decided = [
    [totals.accepted, 'accepted'],
    [totals.muted, 'muted'],
    [totals.false_positives, 'false positive'],
  ] as const;
  const asides = decided.filter(([n]) => n > 0).map(([n, word]) => `${n.toLocaleString('en')} ${word}`);
  return [
    `${paint.bold(plural(totals.open, 'open finding'))} in ${plural(accounts.length, 'account')}, ${report.report_date}`,
    `  ${[against, ...said].join(' · ')}`,
    ...(asides.length > 0 ? [`  ${paint.dim(`beside them ${asides.join(', ')}`)}`] : []),
    '',
  ];
}

function trendLines(report: Report, paint: Paint): string[] {
  const points = report.sightline.trend.slice(-60);
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < 2) return [];
  const open = points.map((point) => point.open);
  const [low, high] = [Math.min(...open), Math.max(...open)];
  const flows = (['new', 'fixed'] as const).map((flow) => {
    const counts = points.map((point) => point[flow]);
    const color = flow === 'new' ? paint.red : paint.green;
    return `  ${flow.padEnd(6)} ${color(sparkline(counts, 0))}  ${plural(sum(counts), 'finding')}, at most ${Math.max(...counts).toLocaleString('en')} at once`;
  });
  return [
    paint.bold(`${first.date} to ${last.date}`),
    `  open   ${paint.cyan(sparkline(open))}  ${first.open.toLocaleString('en')} → ${last.open.toLocaleString('en')}, between ${low.toLocaleString('en')} and ${high.toLocaleString('en')}`,
    ...flows,
    '',
  ];
}

function severityLines(report: Report, paint: Paint): string[] {
  const { severities } = report.sightline.totals;
  const rows = WORST_FIRST.map((severity) => ({ severity, n: severities[keyOf(severity)] }));
  const top = Math.max(...rows.map(({ n }) => n));
  return [
    paint.bold('By severity'),
    ...rows.map(
      ({ severity, n }) =>
        `  ${severity.toLowerCase().padEnd(13)} ${n.toLocaleString('en').padStart(7)}  ${paintSeverity(paint, severity, bar(n, top))}`,
    ),
    '',
  ];
}

function keyOf(severity: Severity): keyof ReportSeverities {
  const keys = {
    CRITICAL: 'critical',
    HIGH: 'high',
    MEDIUM: 'medium',
    LOW: 'low',
    INFORMATIONAL: 'informational',
  } as const;
  return keys[severity];
}

function cloudLines(report: Report, paint: Paint): string[] {
  const rows = reportClouds(report)
    .map(([cloud, services]) => {
      const all = Object.values(services);
      return {
        cloud,
        open: sum(all.map(({ open }) => open)),
        worse: sum(all.map(({ severities }) => severities.critical + severities.high)),
      };
    })
    .sort((a, b) => b.open - a.open);
  if (rows.length === 0) return [];
  const top = Math.max(...rows.map(({ open }) => open));
  return [
    paint.bold('By cloud'),
    ...rows.map(
      ({ cloud, open, worse }) =>
        `  ${clipped(cloud, 13).padEnd(13)} ${open.toLocaleString('en').padStart(7)}  ${bar(open, top).padEnd(BAR_WIDTH)}  ${paint.dim(`${worse.toLocaleString('en')} high or critical`)}`,
    ),
    '',
  ];
}

const WORST_ROWS = 5;

function worstLines(report: Report, paint: Paint): string[] {
  const findings = report.sightline.findings.slice(0, WORST_ROWS);
  if (findings.length === 0) return [];
  const table = new Table({
    chars: NO_BORDERS,
    style: { 'padding-left': 0, 'padding-right': 2, head: [], border: [] },
  });
  for (const finding of findings) {
    table.push([
      `  ${paintSeverity(paint, finding.severity, finding.severity.toLowerCase())}`,
      clipped(finding.title, 52),
      clipped(finding.resource_name ?? finding.resource, 28),
      clipped(finding.account_name ?? finding.account, 22),
      paint.dim(dueText(finding)),
    ]);
  }
  return [
    paint.bold('The worst of them'),
    ...table
      .toString()
      .split('\n')
      .map((line) => line.trimEnd()),
    '',
  ];
}

function dueText(finding: Report['sightline']['findings'][number]): string {
  if (finding.due_at === null) return '';
  const day = finding.due_at.slice(0, 10);
  return finding.overdue === 'no' ? `due ${day}` : `overdue since ${day}`;
}

const LATE_ROWS = 8;

function lateLines(report: Report, paint: Paint): string[] {
  const { totals, freshness } = report.sightline;
  const lines: string[] = [];
  if (totals.overdue_confirmed + totals.overdue_unverified > 0) {
    const unverified =
      totals.overdue_unverified > 0
        ? paint.dim(` and ${totals.overdue_unverified.toLocaleString('en')} that no scan has looked at since`)
        : '';
    lines.push(
      `${paint.bold('Overdue')}  ${totals.overdue_confirmed.toLocaleString('en')} confirmed${unverified}`,
      '',
    );
  }
  const late = freshness.filter(({ state }) => state !== 'fresh');
  if (late.length === 0) return [...lines, `${paint.bold('Scans')}  all as often as they should`, ''];
  lines.push(paint.bold('Scans that need a look'));
  for (const row of late.slice(0, LATE_ROWS)) {
    const place = clipped(`${row.cloud} ${row.name ?? row.account}`, 34).padEnd(34);
    const note = row.notes[0] === undefined ? '' : `: ${clipped(row.notes[0], 60)}`;
    lines.push(
      `  ${printable(row.source).padEnd(11)} ${place} ${stateText(row.state, paint).padEnd(8)} last run ${row.last_run_at.slice(0, 10)}${row.state === 'failed' ? note : ''}`,
    );
  }
  if (late.length > LATE_ROWS) lines.push(`  ${paint.dim(`and ${late.length - LATE_ROWS} more`)}`);
  return [...lines, ''];
}

function stateText(state: 'fresh' | 'late' | 'silent' | 'failed', paint: Paint): string {
  const padded = state.padEnd(6);
  return state === 'late' ? paint.yellow(padded) : paint.red(padded);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}

/** Columns without lines around them. */
export const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
} as const;
