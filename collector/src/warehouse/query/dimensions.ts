/** What findings are grouped and filtered by. `label:<name>` is a dimension too. */
export const DIMENSIONS = [
  'cloud',
  'account',
  'accountName',
  'region',
  'service',
  'severity',
  'class',
  'source',
  'rule',
  'resourceType',
  'resource',
  'status',
  'framework',
  'control',
  'team',
  'environment',
  'scope',
  'openedOn',
  'dueOn',
  'endsOn',
  // as the finding is today
  'correlationKey',
  'cve',
  'package',
  'fixable',
  'locator',
] as const;
export type NamedDimension = (typeof DIMENSIONS)[number];
export type LabelDimension = `label:${string}`;
export type Dimension = NamedDimension | LabelDimension;

/** Can be filtered by, and not grouped. `search` is part of a title, rule, resource or fingerprint, in any case. */
export const FILTER_FIELDS = [
  'search',
  'fingerprint',
  'score',
  'dueState',
  'openedCause',
  'verdict',
  'mute',
] as const;
export type FilterField = Dimension | (typeof FILTER_FIELDS)[number];

export interface FilterFieldInfo {
  readonly id: (typeof FILTER_FIELDS)[number];
  readonly label: string;
  readonly description: string;
  /** All that it can be; empty where it can be anything. */
  readonly values: readonly string[];
}

const filterField = (
  id: FilterFieldInfo['id'],
  label: string,
  description: string,
  values: readonly string[] = [],
): FilterFieldInfo => ({ id, label, description, values });

export const FILTER_FIELD_LIST: readonly FilterFieldInfo[] = [
  filterField('search', 'Search', 'Part of title, rule, resource or fingerprint, in any case.'),
  filterField('fingerprint', 'Fingerprint', 'One finding.'),
  filterField('score', 'Score', 'Severity as a number: 0–100.'),
  filterField('dueState', 'Due', 'Of open ones: due soon, or overdue, confirmed by a scan or not.', [
    'none',
    'soon',
    'unverified',
    'confirmed',
  ]),
  filterField('openedCause', 'Opened by', 'Why it was opened: a change, onboarding, or a new rule.', [
    'drift',
    'baseline',
    'ruleset',
  ]),
  filterField('verdict', 'Verdict', 'What was decided on it.', ['accepted', 'false_positive']),
  filterField('mute', 'Mute rule', 'The rule that hides it.'),
];

/** Unbounded: never a series, an alert label or a full list of values. */
export const UNBOUNDED: ReadonlySet<string> = new Set<NamedDimension>([
  'resource',
  'correlationKey',
  'cve',
  'package',
  'locator',
]);

/** A finding may have several values of these: it counts in each group, and once in totals. */
export const MULTIPLE: ReadonlySet<string> = new Set<NamedDimension>(['framework', 'control', 'cve']);

const NAMED: ReadonlySet<string> = new Set(DIMENSIONS);
const FIELDS: ReadonlySet<string> = new Set(FILTER_FIELDS);
const LABEL = /^label:[^\p{Cc}]{1,200}$/u;

export function isDimension(name: string): name is Dimension {
  return NAMED.has(name) || LABEL.test(name);
}

export function isFilterField(name: string): name is FilterField {
  return isDimension(name) || FIELDS.has(name);
}

export function labelOf(dimension: string): string | null {
  return dimension.startsWith('label:') ? dimension.slice('label:'.length) : null;
}
