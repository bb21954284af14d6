import type { Column, Value } from './result.ts';
import { type Cells, numberIn, textIn } from './findings-records.ts';
import type { Sets } from './findings-texts.ts';
import { column } from './run-columns.ts';

/** What a row of findings is made of. */
export interface Parts {
  /** State and dimensions, of `history`. */
  readonly state: Cells;
  /** Texts of today; what history says of it where there are none. */
  readonly texts: Cells | undefined;
  readonly sets: Sets;
  /** The moment that is shown, milliseconds. */
  readonly at: number;
}

interface Shown {
  readonly column: Column;
  readonly value: (parts: Parts) => Value;
}

type More = Pick<Column, 'unit' | 'description'>;
type Kind = Column['kind'];

const state = (name: string, from: string, label: string, kind: Kind = 'text', more: More = {}): Shown => ({
  column: column(name, label, kind, more),
  value: (parts) => parts.state[from] ?? null,
});
const today = (name: string, from: string, label: string, kind: Kind = 'text', more: More = {}): Shown => ({
  column: column(name, label, kind, more),
  value: (parts) => parts.texts?.[from] ?? null,
});
const made = (
  name: string,
  label: string,
  kind: Kind,
  value: (parts: Parts) => Value,
  more: More = {},
): Shown => ({ column: column(name, label, kind, more), value });

const CLOSED = new Set<Value>(['fixed', 'retired']);

const SHOWN: readonly Shown[] = [
  state('fingerprint', 'fingerprint', 'Fingerprint'),
  state('severity', 'severity', 'Severity'),
  state('score', 'score', 'Score', 'number', { unit: 'points', description: '0 to 100.' }),
  state('status', 'status', 'Status'),
  made('title', 'Title', 'text', ({ texts }) => textIn(texts, 'title') ?? textIn(texts, 'rule'), {
    description: 'As it is today, like all texts.',
  }),
  today('rule', 'rule', 'Rule'),
  today('cloud', 'cloud', 'Cloud'),
  today('account', 'account', 'Account'),
  today('accountName', 'account_name', 'Account name'),
  today('region', 'region', 'Region'),
  state('service', 'service', 'Service'),
  today('resource', 'resource', 'Resource'),
  today('resourceName', 'resource_name', 'Resource name'),
  state('resourceType', 'resource_type', 'Resource type'),
  state('team', 'team', 'Team'),
  state('environment', 'environment', 'Environment'),
  state('class', 'class', 'Class'),
  today('source', 'source', 'Source'),
  today('firstSeen', 'first_seen', 'First seen', 'time', { unit: 'time' }),
  today('lastSeen', 'last_seen', 'Last seen', 'time', { unit: 'time', description: 'As of today.' }),
  state('openSince', 'clock_start', 'Open since', 'time', {
    unit: 'time',
    description: 'When it opened, or opened again.',
  }),
  made('age', 'Age', 'number', ageOf, {
    unit: 'milliseconds',
    description: 'Since it opened, or opened again; none where it is closed.',
  }),
  state('dueAt', 'due_at', 'Due', 'time', { unit: 'time' }),
  state('dueState', 'due_state', 'Due state', 'text', {
    description: 'none, soon (within seven days), unverified (overdue, not looked at since) or confirmed.',
  }),
  state('openedCause', 'opened_cause', 'Opened by', 'text', {
    description: 'drift (something changed), baseline (nobody had looked) or ruleset (a new rule).',
  }),
  made('verdict', 'Decision', 'text', ({ state: row }) =>
    row['status'] === 'muted' ? 'muted' : (row['verdict'] ?? null),
  ),
  made(
    'verdictUntil',
    'Decided until',
    'time',
    ({ state: row }) => numberIn(row, row['status'] === 'muted' ? 'mute_until' : 'verdict_until'),
    { unit: 'time' },
  ),
  state('mute', 'mute', 'Mute rule'),
  today('cve', 'cve', 'CVE', 'json'),
  today('package', 'package', 'Package'),
  today('fixedVersion', 'fixed_version', 'Fixed in'),
  made(
    'frameworks',
    'Frameworks',
    'json',
    ({ state: row, sets }) => sets.frameworks.get(textIn(row, 'frameworks') ?? '') ?? '[]',
  ),
  made(
    'labels',
    'Labels',
    'json',
    ({ state: row, sets }) => sets.labels.get(textIn(row, 'labels') ?? '') ?? '{}',
  ),
  today('correlationKey', 'correlation_key', 'Correlation key', 'text', {
    description: 'The same for findings of several sources about the same thing.',
  }),
  today('locator', 'locator', 'Locator', 'text', {
    description: 'Tells findings of one rule on one resource apart.',
  }),
  today('occurrences', 'occurrences', 'Occurrences', 'number', { unit: 'count' }),
  today('remediation', 'remediation', 'Remediation'),
  today('references', 'refs', 'References', 'json'),
  today('description', 'description', 'Description'),
];

function ageOf({ state: row, at }: Parts): number | null {
  const since = numberIn(row, 'clock_start');
  return since === null || CLOSED.has(row['status'] ?? null) ? null : at - since;
}

export const FINDING_COLUMNS: readonly Column[] = SHOWN.map((shown) => shown.column);

export function findingRow(parts: Parts): readonly Value[] {
  return SHOWN.map(({ value }) => value(parts));
}
