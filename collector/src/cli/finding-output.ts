import type { EpochMs } from '../findings/model.ts';
import { csvLine } from './csv.ts';
import type { FindingRow } from './finding-row.ts';
import { clipped, paintFor, paintSeverity, plural, type Terminal, writeJson, writeLine } from './output.ts';
import { tableLines } from './table.ts';

export const FORMATS = ['table', 'json', 'ndjson', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

/** What was found: the rows to show, and how many there are in all. */
export interface Listing {
  readonly rows: readonly FindingRow[];
  readonly matched: number;
}

export function writeListing(
  terminal: Terminal,
  { rows, matched }: Listing,
  format: Format,
  now: EpochMs,
): void {
  switch (format) {
    case 'json':
      writeJson(terminal.stdout, { at: new Date(now).toISOString(), matched, findings: rows });
      return;
    case 'ndjson':
      for (const row of rows) writeJson(terminal.stdout, row);
      return;
    case 'csv':
      terminal.stdout.write(csvLine(CSV_COLUMNS.map(([name]) => name)));
      for (const row of rows) terminal.stdout.write(csvLine(CSV_COLUMNS.map(([, cell]) => cell(row))));
      return;
    case 'table':
      writeTable(terminal, rows, matched);
  }
}

type Cell = (row: FindingRow) => string | number | null;

/** Identity and what one sorts by first; the long texts last. */
const CSV_COLUMNS: readonly (readonly [string, Cell])[] = [
  ...plain(
    'fingerprint',
    'severity',
    'score',
    'status',
    'overdue',
    'title',
    'source',
    'cloud',
    'account',
    'accountName',
  ),
  ...plain(
    'region',
    'service',
    'resourceType',
    'resourceId',
    'resourceName',
    'locator',
    'ruleId',
    'class',
    'team',
  ),
  ...plain(
    'environment',
    'firstSeen',
    'lastSeen',
    'dueAt',
    'fixedAt',
    'reopenedAt',
    'reopenCount',
    'occurrences',
  ),
  ['verdict', ({ verdict }) => verdict?.kind ?? null],
  ['verdictUntil', ({ verdict }) => verdict?.until ?? null],
  ['verdictBy', ({ verdict }) => verdict?.by ?? null],
  ['verdictReason', ({ verdict }) => verdict?.reason ?? null],
  ['mute', ({ mute }) => mute?.rule ?? null],
  ['muteUntil', ({ mute }) => mute?.until ?? null],
  ...plain('scanner', 'openedCause', 'closedCause', 'severityOriginal', 'cvss', 'package', 'fixedVersion'),
  ['cve', ({ cve }) => cve.join('; ')],
  ['cwe', ({ cwe }) => cwe.join('; ')],
  ['frameworks', ({ frameworks }) => frameworks.join('; ')],
  ['labels', ({ labels }) => pairs(labels)],
  ...plain(
    'scope',
    'sourceVersion',
    'sourceFindingId',
    'correlationKey',
    'runId',
    'description',
    'remediation',
  ),
  ['references', ({ references }) => references.join('; ')],
];

/** Fields that are one text or number. */
type PlainField = {
  [K in keyof FindingRow]: FindingRow[K] extends string | number | null ? K : never;
}[keyof FindingRow];

function plain(...fields: readonly PlainField[]): [string, Cell][] {
  return fields.map((field) => [field, (row) => row[field]]);
}

function pairs(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join('; ');
}

/** Digits of a fingerprint that a table shows: `verdict` takes them. */
const SHORT = 12;

function writeTable(terminal: Terminal, rows: readonly FindingRow[], matched: number): void {
  const paint = paintFor(terminal);
  if (rows.length > 0) {
    const heading = ['severity', 'finding', 'resource', 'account', 'rule', 'status', 'due', 'fingerprint'];
    const lines = tableLines(
      heading.map((name) => paint.dim(name)),
      rows.map((row) => [
        paintSeverity(paint, row.severity, row.severity.toLowerCase()),
        clipped(row.title, 48),
        clipped(row.resourceName ?? row.resourceId, 32),
        clipped(`${row.cloud} ${row.accountName ?? row.account}`, 24),
        clipped(row.ruleId, 36),
        row.status.replace('_', ' '),
        row.overdue === 'no'
          ? (row.dueAt?.slice(0, 10) ?? '')
          : paint.red(`${row.dueAt?.slice(0, 10) ?? ''} !`),
        row.fingerprint.slice(0, SHORT),
      ]),
    );
    for (const line of lines) writeLine(terminal.stdout, line);
    writeLine(terminal.stdout);
  }
  const more = rows.length < matched ? '; --limit or --all shows more' : '';
  writeLine(
    terminal.stdout,
    `${rows.length.toLocaleString('en')} of ${plural(matched, 'finding')}${paint.dim(more)}`,
  );
}
