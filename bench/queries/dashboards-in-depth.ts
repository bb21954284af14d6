import { dashboard, is, type Panel, type Variables } from './panel.ts';

/** The dashboards about one matter each. */
export function inDepth(variables: Variables): Panel[] {
  return [
    ...remediation(),
    ...perimeter(),
    ...vulnerabilities(),
    ...runtime(),
    ...compliance(variables),
    ...scanHealth(),
    ...publicSummary(),
  ];
}

function remediation(): Panel[] {
  const add = dashboard('SLA and remediation');
  return [
    add('overdue and due soon', {
      type: 'trend',
      measures: ['dueSoon', 'overdueConfirmed', 'overdueUnverified'],
    }),
    add('overdue by team', {
      type: 'summary',
      measures: ['overdue', 'overdueConfirmed', 'dueSoon'],
      groupBy: ['team'],
    }),
    add('time to fix', { type: 'trend', measures: ['mttrP50', 'mttrP90'], interval: '1w' }),
    add('time to fix by team', { type: 'summary', measures: ['mttr', 'mttrP90'], groupBy: ['team'] }),
    add('SLA compliance', {
      type: 'trend',
      measures: ['slaCompliance'],
      groupBy: ['severity'],
      interval: '1w',
    }),
    add('age', { type: 'summary', measures: ['open'], groupBy: ['severity'], format: 'ageBuckets' }),
    add('reopen rate', { type: 'trend', measures: ['reopenRate'], interval: '1w' }),
    add('expiries ahead', { type: 'trend', measures: ['expired'], interval: '1d' }, { days: -90 }),
    add('expiries ahead, one by one', { type: 'events', kinds: ['expired'] }, { days: -90 }),
    add('hidden by mutes', { type: 'summary', measures: ['mutedOpen'], groupBy: ['rule'] }),
    add('the most overdue', {
      type: 'findings',
      orderBy: 'dueAt',
      limit: 100,
      filters: [is('dueState', 'confirmed')],
    }),
  ];
}

function perimeter(): Panel[] {
  const add = dashboard('perimeter');
  const filters = [is('class', 'exposure')];
  return [
    add('by service', { type: 'summary', measures: ['open', 'accounts'], groupBy: ['service'], filters }),
    add('new exposures', {
      type: 'trend',
      measures: ['new', 'reopened'],
      groupBy: ['severity'],
      interval: '1d',
      filters,
    }),
    add('hosts', {
      type: 'summary',
      measures: ['riskScore', 'rules'],
      groupBy: ['resource'],
      limit: 50,
      filters,
    }),
    add('newest', { type: 'findings', orderBy: 'firstSeen', direction: 'desc', limit: 100, filters }),
  ];
}

function vulnerabilities(): Panel[] {
  const add = dashboard('vulnerabilities');
  const filters = [is('class', 'compliance')];
  return [
    add('fixable criticals', {
      type: 'summary',
      measures: ['open'],
      groupBy: ['fixable'],
      filters: [...filters, is('severity', 'CRITICAL')],
    }),
    add('by correlation key', {
      type: 'summary',
      measures: ['open', 'sources', 'accounts'],
      groupBy: ['correlationKey'],
      limit: 50,
      filters,
    }),
    add('by account', {
      type: 'summary',
      measures: ['open', 'affectedResources', 'rules'],
      groupBy: ['account'],
      limit: 50,
      filters,
    }),
    add('fixable or not', {
      type: 'trend',
      measures: ['open'],
      groupBy: ['fixable'],
      interval: '1w',
      filters,
    }),
    add('age', { type: 'trend', measures: ['ageP50', 'ageP90'], interval: '1w', filters }),
    add('age by severity', { type: 'summary', measures: ['ageP50', 'ageP90'], groupBy: ['severity'] }),
  ];
}

function runtime(): Panel[] {
  const add = dashboard('runtime');
  const filters = [is('class', 'iam')];
  return [
    add('by priority', {
      type: 'trend',
      measures: ['new', 'reopened'],
      groupBy: ['severity'],
      interval: '1d',
      filters,
    }),
    add('top rules', { type: 'summary', measures: ['new'], groupBy: ['rule'], limit: 10, filters }),
    add('top hosts', { type: 'summary', measures: ['new'], groupBy: ['resource'], limit: 10, filters }),
    add('top accounts', { type: 'summary', measures: ['new'], groupBy: ['account'], limit: 10, filters }),
    add('log', { type: 'events', format: 'logs', kinds: ['new', 'reopened'], filters }),
  ];
}

function compliance({ framework }: Variables): Panel[] {
  const add = dashboard('compliance');
  const filters = [is('framework', framework)];
  return [
    add('pass rate', { type: 'trend', measures: ['passRate'], groupBy: ['cloud'], interval: '1w' }),
    add('open by framework', {
      type: 'trend',
      measures: ['open'],
      groupBy: ['framework'],
      interval: '1w',
    }),
    add('controls', {
      type: 'summary',
      measures: ['open', 'accounts', 'affectedResources'],
      groupBy: ['control'],
      compare: 'change',
      limit: 200,
      filters,
    }),
    add('account × framework', {
      type: 'summary',
      measures: ['open'],
      groupBy: ['account', 'framework'],
      format: 'pivot',
      limit: 100,
    }),
    add('by team', { type: 'summary', measures: ['open', 'overdue'], groupBy: ['team'], filters }),
    add('newly failing', { type: 'summary', measures: ['new'], groupBy: ['control'], filters }, { days: 7 }),
    add('by cost centre', {
      type: 'summary',
      measures: ['open'],
      groupBy: ['label:cost-center'],
      limit: 50,
    }),
  ];
}

function scanHealth(): Panel[] {
  const add = dashboard('scan health');
  return [
    add('outcomes', { type: 'runs', view: 'timeline', limit: 100 }),
    add('expected and actual', { type: 'runs', view: 'scopes' }),
    add('expected and fresh', { type: 'trend', measures: ['expectedScopes', 'freshScopes'] }),
    add('staleness', { type: 'trend', measures: ['staleness'], groupBy: ['source'] }),
    add('account × service', { type: 'runs', view: 'coverage', limit: 100 }),
    add('duration', { type: 'trend', measures: ['runDuration'], groupBy: ['source'], interval: '1w' }),
    add('runs, with what each changed', { type: 'runs', view: 'runs' }),
    add('failed runs', { type: 'trend', measures: ['runs', 'failedRuns'], interval: '1d' }),
    add('failed runs, one by one', { type: 'events', kinds: ['failedScan'] }),
  ];
}

function publicSummary(): Panel[] {
  const add = dashboard('public summary');
  return [
    add('open by severity', { type: 'summary', measures: ['open'], groupBy: ['severity'] }),
    add('risk', { type: 'trend', measures: ['riskScore'], interval: '1w' }),
    add('pass rate', { type: 'trend', measures: ['passRate'], interval: '1w' }),
    add('SLA compliance', { type: 'summary', measures: ['slaCompliance', 'mttr'], compare: 'previous' }),
  ];
}
