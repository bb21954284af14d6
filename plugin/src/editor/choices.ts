import type { ComboboxOption } from '@grafana/ui';
import { t } from '../i18n';
import type {
  EventsQuery,
  FilterOperator,
  FindingsQuery,
  QueryType,
  RunsQuery,
  SummaryQuery,
} from '../query/model';

/** Words for what the query model can be; what is measured, grouped and filtered comes from the API. */

type Choice<T extends string | undefined> = ComboboxOption<NonNullable<T> & string>;

export function queryTypes(): { value: QueryType; label: string; description: string }[] {
  return [
    {
      value: 'trend',
      label: t('type.trend', 'Trend'),
      description: t('type.trend-text', 'Measures over time'),
    },
    {
      value: 'summary',
      label: t('type.summary', 'Summary'),
      description: t('type.summary-text', 'Measures at the end of the range, by groups; for alert rules too'),
    },
    {
      value: 'findings',
      label: t('type.findings', 'Findings'),
      description: t('type.findings-text', 'One row each'),
    },
    {
      value: 'events',
      label: t('type.events', 'Events'),
      description: t('type.events-text', 'What changed, when and why'),
    },
    {
      value: 'runs',
      label: t('type.runs', 'Scan health'),
      description: t('type.runs-text', 'Which scans ran, how old and how complete they are'),
    },
    {
      value: 'sql',
      label: t('type.sql', 'SQL'),
      description: t('type.sql-text', 'One SELECT on the warehouse'),
    },
  ];
}

export function operators(): Choice<FilterOperator>[] {
  return [
    { value: '=', label: '=', description: t('operator.equals', 'is') },
    { value: '!=', label: '!=', description: t('operator.differs', 'is not') },
    { value: 'in', label: t('operator.in', 'is one of') },
    { value: 'notIn', label: t('operator.not-in', 'is none of') },
    {
      value: '=~',
      label: '=~',
      description: t('operator.matches', 'matches the expression (RE2, whole value)'),
    },
    { value: '!~', label: '!~', description: t('operator.mismatches', 'does not match the expression') },
    { value: '>', label: '>', description: t('operator.above', 'is above; severities by weight') },
    { value: '<', label: '<', description: t('operator.below', 'is below; severities by weight') },
  ];
}

export function summaryFormats(): Choice<SummaryQuery['format']>[] {
  return [
    {
      value: 'table',
      label: t('format.table', 'Table'),
      description: t('format.table-text', 'A row per group'),
    },
    {
      value: 'numeric',
      label: t('format.numeric', 'Numeric'),
      description: t(
        'format.numeric-text',
        'A number per group, with labels: for alert rules, stats and gauges',
      ),
    },
    {
      value: 'pivot',
      label: t('format.pivot', 'Matrix'),
      description: t('format.pivot-text', 'Rows by the first dimension, columns by the second'),
    },
    {
      value: 'ageBuckets',
      label: t('format.age', 'Age buckets'),
      description: t('format.age-text', 'How old what is open is, for a histogram'),
    },
    {
      value: 'flame',
      label: t('format.flame', 'Flame graph'),
      description: t('format.flame-text', 'A level per dimension'),
    },
  ];
}

export function compares(): Choice<SummaryQuery['compare']>[] {
  return [
    { value: 'none', label: t('compare.none', 'Nothing') },
    {
      value: 'previous',
      label: t('compare.previous', 'Previous period'),
      description: t('compare.previous-text', 'Its value beside this one'),
    },
    {
      value: 'change',
      label: t('compare.change', 'Change'),
      description: t('compare.change-text', 'The difference to the previous period'),
    },
  ];
}

export function intervals(): Choice<string>[] {
  return [
    {
      value: 'auto',
      label: t('interval.auto', 'auto'),
      description: t('interval.auto-text', 'By range and width'),
    },
    { value: '1h', label: '1h' },
    { value: '6h', label: '6h' },
    { value: '1d', label: '1d', description: t('interval.day', 'Days of the calendar') },
    { value: '1w', label: '1w', description: t('interval.week', 'Weeks, from Monday') },
    { value: '1M', label: '1M', description: t('interval.month', 'Months') },
  ];
}

export function findingFormats(): Choice<FindingsQuery['format']>[] {
  return [
    { value: 'table', label: t('findings.table', 'Rows') },
    {
      value: 'byRule',
      label: t('findings.by-rule', 'By rule'),
      description: t('findings.by-rule-text', 'A row per rule: how many resources of how many fail it'),
    },
  ];
}

export function findingOrders(): Choice<FindingsQuery['orderBy']>[] {
  return [
    { value: 'severity', label: t('order.severity', 'Severity') },
    { value: 'age', label: t('order.age', 'Age') },
    { value: 'dueAt', label: t('order.due', 'Due date') },
    { value: 'firstSeen', label: t('order.first-seen', 'First seen') },
    { value: 'lastSeen', label: t('order.last-seen', 'Last seen') },
    { value: 'account', label: t('order.account', 'Account') },
    { value: 'rule', label: t('order.rule', 'Rule') },
    { value: 'resource', label: t('order.resource', 'Resource') },
  ];
}

export function directions(): Choice<'default' | 'asc' | 'desc'>[] {
  return [
    { value: 'default', label: t('direction.default', 'Worst first') },
    { value: 'asc', label: t('direction.asc', 'Ascending') },
    { value: 'desc', label: t('direction.desc', 'Descending') },
  ];
}

export function eventFormats(): Choice<EventsQuery['format']>[] {
  return [
    { value: 'table', label: t('events.table', 'Table') },
    { value: 'logs', label: t('events.logs', 'Log lines') },
    {
      value: 'annotations',
      label: t('events.annotations', 'Annotations'),
      description: t('events.annotations-text', 'One per run and account, at most 100'),
    },
  ];
}

export function eventKinds(): Choice<string>[] {
  return [
    {
      value: 'new',
      label: t('kind.new', 'New'),
      description: t('kind.new-text', 'Something changed (drift)'),
    },
    { value: 'fixed', label: t('kind.fixed', 'Fixed') },
    { value: 'reopened', label: t('kind.reopened', 'Reopened') },
    { value: 'failedScan', label: t('kind.failed-scan', 'Failed scans') },
    {
      value: 'onboarded',
      label: t('kind.onboarded', 'Onboarded'),
      description: t('kind.onboarded-text', 'Nobody had looked there before'),
    },
    {
      value: 'ruleset',
      label: t('kind.ruleset', 'By new rules'),
      description: t('kind.ruleset-text', 'The scanner brought a rule'),
    },
    { value: 'changed', label: t('kind.changed', 'Changed') },
    { value: 'overdue', label: t('kind.overdue', 'Overdue') },
    { value: 'accepted', label: t('kind.accepted', 'Accepted') },
    { value: 'falsePositive', label: t('kind.false-positive', 'Called false') },
    { value: 'muted', label: t('kind.muted', 'Muted') },
    { value: 'restored', label: t('kind.restored', 'Restored') },
    { value: 'expired', label: t('kind.expired', 'Expired acceptances') },
    { value: 'retired', label: t('kind.retired', 'Retired') },
  ];
}

export function runViews(): Choice<RunsQuery['view']>[] {
  return [
    {
      value: 'scopes',
      label: t('view.scopes', 'Scopes'),
      description: t('view.scopes-text', 'Expected against actual, with age and state'),
    },
    { value: 'runs', label: t('view.runs', 'Runs'), description: t('view.runs-text', 'A row per run') },
    {
      value: 'timeline',
      label: t('view.timeline', 'Timeline'),
      description: t('view.timeline-text', 'Outcomes, for a state timeline'),
    },
    {
      value: 'coverage',
      label: t('view.coverage', 'Coverage'),
      description: t('view.coverage-text', 'Account × service'),
    },
  ];
}
