import { UID } from '../build/names.ts';
import type { Filter, Rule, RuleQuery, Thresholds } from './model.ts';

/** Whose it is; names come along for the message and are as bounded as the ids. */
const ACCOUNT = ['cloud', 'account', 'accountName', 'team'] as const;
const PLACE = '{{ or $labels.accountName $labels.account }} ({{ $labels.cloud }} {{ $labels.account }})';
const TEAM = '{{ with $labels.team }} · team {{ . }}{{ end }}';

const is = (field: string, ...values: string[]): Filter => ({
  field,
  operator: values.length === 1 ? '=' : 'in',
  values,
});
const since = (field: string, days: number): Filter => ({ field, operator: '>', values: [`-${days + 1}d`] });

/** A whole number of `values`. */
const count = (refId: string): string => `{{ printf "%.0f" $values.${refId}.Value }}`;
/** The dimension of the worst one, where there is any: at the end there is none. */
const worst = (refId: string, dimension: string, before: string): string =>
  `{{ with index $values "${refId}" }}{{ with .Labels.${dimension} }}${before}{{ . }}{{ end }}{{ end }}`;

function newFindings(
  { newDays: days }: Thresholds,
  given: Pick<Rule, 'uid' | 'title' | 'says' | 'level'> & { word: string; filters: readonly Filter[] },
): Rule {
  const { word, filters: severity, ...about } = given;
  const filters = [...severity, is('openedCause', 'drift'), since('openedOn', days)];
  const groupBy = [...ACCOUNT, 'openedOn'];
  const query = (refId: string, measure: string, more: Partial<RuleQuery> = {}): RuleQuery => ({
    refId,
    measure,
    groupBy,
    filters,
    days,
    ...more,
  });
  const named = (refId: string, dimension: string): RuleQuery =>
    query(refId, 'open', { groupBy: [...groupBy, dimension], worst: true });
  return {
    ...about,
    queries: [
      query('A', 'open'),
      query('B', 'open', { groupBy: ACCOUNT, filters: severity }),
      named('W', 'rule'),
      named('X', 'resource'),
      named('Y', 'service'),
      named('Z', 'dueOn'),
      query('F', 'fixed'),
      query('G', 'newlyAccepted'),
      query('H', 'newlyFalsePositive'),
      query('R', 'retired'),
      { refId: 'S', measure: 'staleness', groupBy: ['cloud', 'account'], days: 7 },
    ],
    // Grafana says durations of seconds.
    derived: { T: '$S / 1000' },
    condition: '$A > 0',
    group: ['account', 'batch'],
    batch: 'openedOn',
    summary:
      [
        `${word} · ${PLACE}${worst('Y', 'service', ' · ')}`,
        `${count('A')} new since {{ $labels.openedOn }}, ${count('B')} open${worst('W', 'rule', ' · worst ')}${worst('X', 'resource', ' on ')}`,
      ].join(' · ') +
      `${TEAM}${worst('Z', 'dueOn', ' · due ')}{{ with index $values "T" }} · scan {{ humanizeDuration .Value }} old{{ end }}`,
    outcome: `of those new since {{ $labels.openedOn }}: ${count('F')} fixed by scans, ${count('G')} accepted, ${count('H')} called false, ${count('R')} with a retired account`,
    link: { uid: UID.findings, set: { account: '{{ urlquery $labels.account }}', severity: word } },
  };
}

function rising({ risingBy, risingShare }: Thresholds): Rule {
  const filters = [is('severity', 'CRITICAL')];
  const query = (refId: string, measure: string, more: Partial<RuleQuery> = {}): RuleQuery => ({
    refId,
    measure,
    groupBy: ['team'],
    filters,
    days: 7,
    ...more,
  });
  const rise = '($A + $B - $C)';
  const before = '($D - $E)';
  return {
    uid: 'sightline-critical-rising',
    title: 'Critical findings are rising',
    says: `A team has at least ${risingBy} and ${risingShare * 100} % more open critical findings than a week ago, both of what is open and of what opened by drift or came back, less what was fixed: onboarded accounts and new rules are in neither.`,
    level: 'warning',
    queries: [
      query('A', 'new'),
      query('B', 'reopened'),
      query('C', 'fixed'),
      query('D', 'open'),
      query('E', 'open', { change: true }),
      query('W', 'open', { groupBy: ['team', 'rule'], worst: true }),
    ],
    condition: `${rise} >= ${risingBy} && $E >= ${risingBy} && ${rise} >= ${risingShare} * ${before} && $E >= ${risingShare} * ${before}`,
    group: ['team'],
    summary: `CRITICAL is rising · team {{ or $labels.team "none" }} · ${count('E')} more than a week ago, ${count('D')} open${worst('W', 'rule', ' · most ')}`,
    outcome: `${count('D')} open`,
    link: { uid: UID.findings, set: { team: '{{ urlquery $labels.team }}', severity: 'CRITICAL' } },
  };
}

function passRate({ passRateDrop, passRateChecks }: Thresholds): Rule {
  const query = (refId: string, measure: string, change = false): RuleQuery => ({
    refId,
    measure,
    groupBy: ACCOUNT,
    days: 7,
    change,
  });
  return {
    uid: 'sightline-pass-rate-dropped',
    title: 'Pass rate dropped',
    says: `The pass rate of an account fell by at least ${passRateDrop * 100} points within a week, like for like: at least ${passRateChecks} checks, and about as many (within a tenth) as a week ago, so that neither new rules nor new sources count.`,
    level: 'warning',
    queries: [
      query('A', 'passRate', true),
      query('B', 'checked'),
      query('C', 'checked', true),
      query('D', 'passRate'),
    ],
    condition: `$A <= -${passRateDrop} && $B >= ${passRateChecks} && abs($C) <= 0.1 * $B`,
    group: ['account'],
    summary: `Pass rate · ${PLACE} · {{ humanizePercentage $values.D.Value }} now, {{ humanizePercentage $values.A.Value }} within a week · ${count('B')} checks${TEAM}`,
    outcome: '{{ humanizePercentage $values.D.Value }} now',
    link: { uid: UID.account, set: { account: '{{ urlquery $labels.account }}' } },
  };
}

function overdue({ overdueDays: days }: Thresholds): Rule {
  const filters = [is('severity', 'CRITICAL', 'HIGH'), since('dueOn', days)];
  const groupBy = [...ACCOUNT, 'dueOn'];
  const query = (refId: string, measure: string, more: Partial<RuleQuery> = {}): RuleQuery => ({
    refId,
    measure,
    groupBy,
    filters,
    days,
    ...more,
  });
  return {
    uid: 'sightline-sla-breached',
    title: 'SLA breached',
    says: `A complete scan saw critical or high findings after their due date, which was within the last ${days} days. What no scan has looked at since is not told: it may be fixed.`,
    level: 'critical',
    queries: [
      query('A', 'overdueConfirmed'),
      query('W', 'overdueConfirmed', { groupBy: [...groupBy, 'rule'], worst: true }),
      query('X', 'overdueConfirmed', { groupBy: [...groupBy, 'resource'], worst: true }),
      query('F', 'fixed'),
    ],
    condition: '$A > 0',
    group: ['account', 'batch'],
    batch: 'dueOn',
    summary: `OVERDUE · ${PLACE} · ${count('A')} since {{ $labels.dueOn }}, seen by a scan after it${worst('W', 'rule', ' · worst ')}${worst('X', 'resource', ' on ')}${TEAM}`,
    outcome: `of those due on {{ $labels.dueOn }}: ${count('F')} fixed by scans`,
    link: { uid: UID.sla, set: { account: '{{ urlquery $labels.account }}' } },
  };
}

function dueSoon(): Rule {
  // A critical one is due within a week from its first day on, and the rule about new ones has told it.
  const filters: Filter[] = [{ field: 'severity', operator: '!=', values: ['CRITICAL'] }];
  return {
    uid: 'sightline-due-soon',
    title: 'Due within a week',
    says: 'A team has findings that are due within seven days, critical ones aside: those are from the first day on. Told on Mondays.',
    level: 'info',
    queries: [
      { refId: 'A', measure: 'dueSoon', groupBy: ['team'], filters, days: 7 },
      { refId: 'W', measure: 'dueSoon', groupBy: ['team', 'accountName'], filters, days: 7, worst: true },
    ],
    condition: '$A > 0',
    group: ['team'],
    weekly: true,
    summary: `Due soon · team {{ or $labels.team "none" }} · ${count('A')} within 7 days${worst('W', 'accountName', ' · most in ')}`,
    link: { uid: UID.sla, set: { team: '{{ urlquery $labels.team }}' } },
  };
}

function newPort({ newDays: days, portCadenceHours: hours }: Thresholds): Rule {
  const filters = [
    is('class', 'exposure'),
    is('source', 'nmap'),
    is('openedCause', 'drift'),
    since('openedOn', days),
  ];
  const groupBy = ['cloud', 'account', 'accountName', 'service', 'openedOn'];
  return {
    uid: 'sightline-new-port',
    title: 'New open port',
    says: `A port that was closed answers, and does so for a whole scan interval (${hours} h): so that two runs saw it. Goes on for one more interval, since a port that one scan misses is not closed.`,
    level: 'warning',
    queries: [
      { refId: 'A', measure: 'open', groupBy, filters, days },
      { refId: 'W', measure: 'open', groupBy: [...groupBy, 'resource'], filters, days, worst: true },
      { refId: 'X', measure: 'open', groupBy: [...groupBy, 'locator'], filters, days, worst: true },
    ],
    condition: '$A > 0',
    pending: `${hours}h`,
    keepFiring: `${hours}h`,
    group: ['account', 'service'],
    batch: 'openedOn',
    summary: `New port · {{ $labels.service }}${worst('X', 'locator', ' ')} · ${count('A')} since {{ $labels.openedOn }}${worst('W', 'resource', ' · for example ')} · {{ or $labels.accountName $labels.account }}`,
    link: { uid: UID.perimeter, set: { account: '{{ urlquery $labels.account }}' } },
  };
}

function unscanned(): Rule {
  const filters = [is('rule', 'asset-not-scanned')];
  const groupBy = [...ACCOUNT];
  return {
    uid: 'sightline-asset-not-scanned',
    title: 'Exposed asset in no scan',
    says: 'Perimeter discovery finds assets that no scan looks at, or none has for too long. A new asset has some days to be scanned if a job is to do it.',
    level: 'warning',
    queries: [
      { refId: 'A', measure: 'open', groupBy, filters, days: 7 },
      { refId: 'W', measure: 'open', groupBy: [...groupBy, 'resource'], filters, days: 7, worst: true },
    ],
    condition: '$A > 0',
    group: ['account'],
    summary: `In no scan · ${PLACE} · ${count('A')} exposed assets${worst('W', 'resource', ' · for example ')}${TEAM}`,
    outcome: 'all are scanned, or not exposed any more',
    link: { uid: UID.perimeter, set: { account: '{{ urlquery $labels.account }}' } },
  };
}

const OF_SOURCE = ['source', 'cloud'] as const;

function silent(): Rule {
  return {
    uid: 'sightline-scanner-silent',
    title: 'Scanner silent',
    says: 'Scopes of a source and cloud had no complete scan for more than twice their interval, or are configured and never reported. One alert per source and cloud, however many scopes it is about.',
    level: 'critical',
    queries: [
      { refId: 'A', measure: 'silentScopes', groupBy: OF_SOURCE, days: 7 },
      { refId: 'B', measure: 'expectedScopes', groupBy: OF_SOURCE, days: 7 },
      { refId: 'W', measure: 'silentScopes', groupBy: [...OF_SOURCE, 'account'], days: 7, worst: true },
    ],
    condition: '$A > 0',
    group: ['source', 'cloud'],
    summary: `Silent · {{ $labels.source }} on {{ $labels.cloud }} · ${count('A')} of ${count('B')} scopes without a complete scan for twice their interval${worst('W', 'account', ' · for example ')}`,
    outcome: 'all scopes report again, or are retired',
    link: { uid: UID.health, set: { source: '{{ urlquery $labels.source }}' } },
  };
}

function failing(): Rule {
  return {
    uid: 'sightline-scan-failed',
    title: 'Scan failed',
    says: 'The newest run of a scope failed or was partial. It closed nothing, and what it did not look at is not known.',
    level: 'warning',
    queries: [
      { refId: 'A', measure: 'failingScopes', groupBy: OF_SOURCE, days: 7 },
      { refId: 'W', measure: 'failingScopes', groupBy: [...OF_SOURCE, 'account'], days: 7, worst: true },
    ],
    condition: '$A > 0',
    group: ['source', 'cloud'],
    summary: `Scan failed · {{ $labels.source }} on {{ $labels.cloud }} · ${count('A')} scopes whose newest run is not complete${worst('W', 'account', ' · for example ')}`,
    outcome: 'the newest run is complete again',
    link: { uid: UID.health, set: { source: '{{ urlquery $labels.source }}' } },
  };
}

function coverage({ coverageDrop }: Thresholds): Rule {
  const groupBy = ['source', 'cloud', 'account', 'accountName', 'team'];
  return {
    uid: 'sightline-coverage-dropped',
    title: 'Coverage dropped',
    says: `The newest run of an account finished at least ${coverageDrop * 100} points less of the known services and regions than the one of a week ago.`,
    level: 'warning',
    queries: [
      { refId: 'A', measure: 'coverage', groupBy, days: 7, change: true },
      { refId: 'B', measure: 'coverage', groupBy, days: 7 },
    ],
    condition: `$A <= -${coverageDrop}`,
    keepFiring: '24h',
    group: ['source', 'account'],
    summary: `Coverage · {{ $labels.source }} · ${PLACE} · {{ humanizePercentage $values.B.Value }} of the known services and regions, {{ humanizePercentage $values.A.Value }} within a week${TEAM}`,
    outcome: '{{ humanizePercentage $values.B.Value }} now',
    link: { uid: UID.health, set: { account: '{{ urlquery $labels.account }}' } },
  };
}

function ending({ endingDays: days }: Thresholds): Rule {
  const filters: Filter[] = [{ field: 'endsOn', operator: '<', values: [`${days + 1}d`] }];
  return {
    uid: 'sightline-acceptance-ending',
    title: 'Acceptances about to end',
    says: `Findings of a team whose acceptance ends within ${days} days open again by themselves. Told on Mondays.`,
    level: 'info',
    queries: [
      { refId: 'A', measure: 'accepted', groupBy: ['team'], filters, days: 7 },
      { refId: 'W', measure: 'accepted', groupBy: ['team', 'rule'], filters, days: 7, worst: true },
      { refId: 'X', measure: 'accepted', groupBy: ['team', 'endsOn'], filters, days: 7, worst: true },
    ],
    condition: '$A > 0',
    group: ['team'],
    weekly: true,
    summary: `Acceptances end · team {{ or $labels.team "none" }} · ${count('A')} within ${days} days${worst('X', 'endsOn', ', most on ')}${worst('W', 'rule', ' · for example ')}`,
    link: { uid: UID.sla, set: { team: '{{ urlquery $labels.team }}' } },
  };
}

function unreachable(): Rule {
  return {
    uid: 'sightline-unreachable',
    title: 'Sightline unreachable or stale',
    says: 'Sightline does not answer, has not been able to read its bucket for half an hour, or not one scan is in time. All other rules keep their state meanwhile.',
    level: 'critical',
    queries: [
      { refId: 'A', measure: 'expectedScopes', groupBy: [], days: 7 },
      { refId: 'B', measure: 'freshScopes', groupBy: [], days: 7 },
    ],
    condition: '$A > 0 && $B == 0',
    pending: '20m',
    group: [],
    watchdog: true,
    summary:
      'Sightline does not answer, or not one scan is in time: all other alerts keep the state that they had',
    outcome: 'it answers, and scans are in time again',
    link: { uid: UID.health, set: {} },
  };
}

export function rulesOf(thresholds: Thresholds): readonly Rule[] {
  return [
    newFindings(thresholds, {
      uid: 'sightline-new-critical',
      title: 'New critical findings',
      says: `Critical findings opened because something changed (drift), within the last ${thresholds.newDays} days. Onboarded accounts and new rules of a scanner do not fire. What opens on another day is another alert, and is told at once.`,
      level: 'critical',
      word: 'CRITICAL',
      filters: [is('severity', 'CRITICAL')],
    }),
    newFindings(thresholds, {
      uid: 'sightline-new-high',
      title: 'New high findings in production',
      says: 'The same for high findings in accounts whose environment is `production`.',
      level: 'warning',
      word: 'HIGH',
      filters: [is('severity', 'HIGH'), is('environment', 'production')],
    }),
    rising(thresholds),
    passRate(thresholds),
    overdue(thresholds),
    dueSoon(),
    newPort(thresholds),
    unscanned(),
    silent(),
    failing(),
    coverage(thresholds),
    ending(thresholds),
    unreachable(),
  ];
}
