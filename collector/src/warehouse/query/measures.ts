/** How a value is to be read; becomes a unit of Grafana. */
export type Unit = 'count' | 'ratio' | 'milliseconds' | 'points' | 'time';

/**
 * - `gauge`: how things are at a moment: of a trend, at the end of each interval.
 * - `flow`: how many passed in [from, to).
 * - `ratio`: of flows or gauges; null where there is nothing to divide by.
 */
export type MeasureKind = 'gauge' | 'flow' | 'ratio';

/** Where its numbers come from: findings, check stats, or scopes and their runs. */
export type MeasureSubject = 'findings' | 'checks' | 'scopes';

export interface MeasureInfo {
  readonly id: Measure;
  readonly kind: MeasureKind;
  readonly subject: MeasureSubject;
  readonly unit: Unit;
  /** One sentence, for field config, docs and OpenAPI. */
  readonly description: string;
}

/** In the order of the documentation. */
export const MEASURES = [
  // gauges of findings
  'open',
  'findings',
  'accepted',
  'falsePositives',
  'mutedOpen',
  'dueSoon',
  'overdue',
  'overdueConfirmed',
  'overdueUnverified',
  'riskScore',
  'age',
  'ageP50',
  'ageP90',
  'accounts',
  'affectedResources',
  'rules',
  'sources',
  // flows of findings
  'new',
  'onboarded',
  'ruleset',
  'reopened',
  'expired',
  'restored',
  'movedIn',
  'fixed',
  'retired',
  'newlyAccepted',
  'newlyFalsePositive',
  'muted',
  'movedOut',
  // ratios of flows
  'slaCompliance',
  'mttr',
  'mttrP50',
  'mttrP90',
  'reopenRate',
  // check stats
  'checked',
  'flagged',
  'resources',
  'passRate',
  // scopes and runs
  'scopes',
  'freshScopes',
  'expectedScopes',
  'silentScopes',
  'failingScopes',
  'staleness',
  'coverage',
  'runs',
  'failedRuns',
  'runDuration',
] as const;
export type Measure = (typeof MEASURES)[number];

const FINDINGS = 'findings';
const info = (
  id: Measure,
  kind: MeasureKind,
  subject: MeasureSubject,
  unit: Unit,
  description: string,
): MeasureInfo => ({ id, kind, subject, unit, description });

/** docs/measures.md says the same with formulas. */
export const MEASURE: Readonly<Record<Measure, MeasureInfo>> = {
  open: info(
    'open',
    'gauge',
    FINDINGS,
    'count',
    'Findings that are open: the scanner sees them and nobody has decided on them.',
  ),
  findings: info(
    'findings',
    'gauge',
    FINDINGS,
    'count',
    'Findings in any state, also fixed ones: for counts by status.',
  ),
  accepted: info('accepted', 'gauge', FINDINGS, 'count', 'Findings whose risk is accepted until a date.'),
  falsePositives: info(
    'falsePositives',
    'gauge',
    FINDINGS,
    'count',
    'Findings that the scanner still sees and people call false.',
  ),
  mutedOpen: info('mutedOpen', 'gauge', FINDINGS, 'count', 'Findings that a mute rule hides.'),
  dueSoon: info('dueSoon', 'gauge', FINDINGS, 'count', 'Open findings due within seven days.'),
  overdue: info(
    'overdue',
    'gauge',
    FINDINGS,
    'count',
    'Open findings past their due date, confirmed or not.',
  ),
  overdueConfirmed: info(
    'overdueConfirmed',
    'gauge',
    FINDINGS,
    'count',
    'Open findings that a complete scan saw after their due date.',
  ),
  overdueUnverified: info(
    'overdueUnverified',
    'gauge',
    FINDINGS,
    'count',
    'Open findings past their due date that no complete scan has looked at since.',
  ),
  riskScore: info(
    'riskScore',
    'gauge',
    FINDINGS,
    'points',
    'Open findings weighted by severity: critical 40, high 10, medium 3, low 1.',
  ),
  age: info(
    'age',
    'gauge',
    FINDINGS,
    'milliseconds',
    'Mean age of open findings, from when they (re)opened.',
  ),
  ageP50: info('ageP50', 'gauge', FINDINGS, 'milliseconds', 'Median age of open findings.'),
  ageP90: info(
    'ageP90',
    'gauge',
    FINDINGS,
    'milliseconds',
    'Age that nine of ten open findings do not exceed.',
  ),
  accounts: info('accounts', 'gauge', FINDINGS, 'count', 'Accounts with open findings.'),
  affectedResources: info('affectedResources', 'gauge', FINDINGS, 'count', 'Resources with open findings.'),
  rules: info('rules', 'gauge', FINDINGS, 'count', 'Rules with open findings.'),
  sources: info('sources', 'gauge', FINDINGS, 'count', 'Sources that report open findings.'),
  new: info('new', 'flow', FINDINGS, 'count', 'Findings that opened because something changed (drift).'),
  onboarded: info(
    'onboarded',
    'flow',
    FINDINGS,
    'count',
    'Findings that opened because nobody had looked there before.',
  ),
  ruleset: info(
    'ruleset',
    'flow',
    FINDINGS,
    'count',
    'Findings that opened because a scanner brought a new rule.',
  ),
  reopened: info('reopened', 'flow', FINDINGS, 'count', 'Findings that were fixed and are back.'),
  expired: info(
    'expired',
    'flow',
    FINDINGS,
    'count',
    'Findings that are open again because an acceptance or a mute ended.',
  ),
  restored: info(
    'restored',
    'flow',
    FINDINGS,
    'count',
    'Findings that are open again because a decision was taken back.',
  ),
  movedIn: info(
    'movedIn',
    'flow',
    FINDINGS,
    'count',
    'Open findings that came into the group, by another severity, team or name.',
  ),
  fixed: info('fixed', 'flow', FINDINGS, 'count', 'Open findings that a scan found fixed.'),
  retired: info('retired', 'flow', FINDINGS, 'count', 'Open findings closed because their account is gone.'),
  newlyAccepted: info('newlyAccepted', 'flow', FINDINGS, 'count', 'Open findings that were accepted.'),
  newlyFalsePositive: info(
    'newlyFalsePositive',
    'flow',
    FINDINGS,
    'count',
    'Open findings that were called false.',
  ),
  muted: info('muted', 'flow', FINDINGS, 'count', 'Open findings that a mute rule came to hide.'),
  movedOut: info(
    'movedOut',
    'flow',
    FINDINGS,
    'count',
    'Open findings that left the group, by another severity, team or name.',
  ),
  slaCompliance: info(
    'slaCompliance',
    'ratio',
    FINDINGS,
    'ratio',
    'Of the findings fixed in time or become overdue in the period, the share fixed in time.',
  ),
  mttr: info(
    'mttr',
    'ratio',
    FINDINGS,
    'milliseconds',
    'Mean time from (re)opening to fix, of what was fixed in the period.',
  ),
  mttrP50: info('mttrP50', 'ratio', FINDINGS, 'milliseconds', 'Median time to fix.'),
  mttrP90: info('mttrP90', 'ratio', FINDINGS, 'milliseconds', 'Time within which nine of ten were fixed.'),
  reopenRate: info(
    'reopenRate',
    'ratio',
    FINDINGS,
    'ratio',
    'Reopened findings per fixed one in the period.',
  ),
  checked: info('checked', 'gauge', 'checks', 'count', 'Checks on resources that scans evaluated.'),
  flagged: info('flagged', 'gauge', 'checks', 'count', 'Checks on resources that failed.'),
  resources: info('resources', 'gauge', 'checks', 'count', 'Resources that scans looked at.'),
  passRate: info('passRate', 'gauge', 'checks', 'ratio', 'Share of evaluated checks that passed.'),
  scopes: info('scopes', 'gauge', 'scopes', 'count', 'Scopes that have reported and are not retired.'),
  freshScopes: info(
    'freshScopes',
    'gauge',
    'scopes',
    'count',
    'Scopes whose newest complete run is no older than they scan.',
  ),
  expectedScopes: info(
    'expectedScopes',
    'gauge',
    'scopes',
    'count',
    'Scopes that have reported, and those that are configured and never did.',
  ),
  silentScopes: info(
    'silentScopes',
    'gauge',
    'scopes',
    'count',
    'Expected scopes without a complete run for more than twice their interval.',
  ),
  failingScopes: info(
    'failingScopes',
    'gauge',
    'scopes',
    'count',
    'Scopes whose newest run failed or was partial.',
  ),
  staleness: info(
    'staleness',
    'gauge',
    'scopes',
    'milliseconds',
    'Age of the newest complete run, of the scope that has waited longest.',
  ),
  coverage: info(
    'coverage',
    'gauge',
    'scopes',
    'ratio',
    'Share of the known services and regions that the newest runs finished.',
  ),
  runs: info('runs', 'flow', 'scopes', 'count', 'Runs.'),
  failedRuns: info('failedRuns', 'flow', 'scopes', 'count', 'Runs that failed or were partial.'),
  runDuration: info(
    'runDuration',
    'ratio',
    'scopes',
    'milliseconds',
    'Mean duration of runs, where it is known.',
  ),
};
