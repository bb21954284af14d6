import { among, dashboard, is, type Panel, type Variables } from './panel.ts';
import { inDepth } from './dashboards-in-depth.ts';

/**
 * Every panel of the dashboards, as a query of the API. What generated estates do not have is asked of what they do have most
 * of: vulnerabilities of class `compliance`, detections of class `iam`, which are more rows than an estate's own would be.
 */
export function panelsOf(variables: Variables): readonly Panel[] {
  return [
    ...overview(),
    ...overviewOfTeams(variables),
    ...account(variables),
    ...service(variables),
    ...findings(variables),
    ...inDepth(variables),
  ];
}

function overview(): Panel[] {
  const add = dashboard('overview');
  const today = { today: true };
  return [
    add('risk', { type: 'trend', measures: ['riskScore'] }, today),
    add('open critical', { type: 'trend', measures: ['open'], filters: [is('severity', 'CRITICAL')] }, today),
    add('open high', { type: 'trend', measures: ['open'], filters: [is('severity', 'HIGH')] }, today),
    add('new drift, 7 d', { type: 'trend', measures: ['new'], interval: '1d' }, { days: 7, today: true }),
    add('confirmed overdue', { type: 'trend', measures: ['overdueConfirmed'] }, today),
    add('fresh and expected scopes', { type: 'summary', measures: ['freshScopes', 'expectedScopes'] }),
    add('open by severity', { type: 'trend', measures: ['open'], groupBy: ['severity'] }, today),
    add(
      'what changed: account × rule',
      { type: 'summary', measures: ['new'], groupBy: ['account', 'rule'], limit: 20 },
      { days: 7, today: true },
    ),
    add(
      'top accounts',
      {
        type: 'summary',
        measures: ['riskScore', 'open'],
        groupBy: ['account'],
        compare: 'change',
        limit: 10,
      },
      today,
    ),
    add('top accounts, sparklines', {
      type: 'trend',
      measures: ['riskScore'],
      groupBy: ['account'],
      interval: '1w',
      limit: 10,
      other: false,
    }),
    add(
      'top rules',
      { type: 'summary', measures: ['open', 'accounts'], groupBy: ['rule'], limit: 10 },
      today,
    ),
    add('top rules, of how many', { type: 'findings', format: 'byRule', limit: 10 }),
    add('pass rate by cloud', { type: 'summary', measures: ['passRate'], groupBy: ['cloud'] }),
    add('staleness by source', { type: 'summary', measures: ['staleness'], groupBy: ['source'] }),
    add('why did it change', {
      type: 'trend',
      measures: ['new', 'onboarded', 'ruleset', 'reopened', 'fixed', 'newlyAccepted', 'muted'],
      interval: '1w',
    }),
    add('coverage', { type: 'trend', measures: ['coverage'], interval: '1w' }),
    add(
      'blast radius',
      {
        type: 'summary',
        measures: ['riskScore'],
        groupBy: ['cloud', 'account', 'service', 'rule'],
        format: 'flame',
        limit: 1000,
      },
      today,
    ),
    add('annotations', { type: 'events', format: 'annotations' }),
  ];
}

function overviewOfTeams({ teams }: Variables): Panel[] {
  const add = dashboard('overview of three teams');
  const filters = [among('team', teams)];
  return [
    add('risk', { type: 'trend', measures: ['riskScore'], filters }),
    add('open by severity', { type: 'trend', measures: ['open'], groupBy: ['severity'], filters }),
    add('what changed: account × rule', {
      type: 'summary',
      measures: ['new'],
      groupBy: ['account', 'rule'],
      limit: 20,
      filters,
    }),
    add('top rules', {
      type: 'summary',
      measures: ['open', 'accounts'],
      groupBy: ['rule'],
      limit: 10,
      filters,
    }),
    add('pass rate by cloud', { type: 'summary', measures: ['passRate'], groupBy: ['cloud'], filters }),
    add('annotations', { type: 'events', format: 'annotations', filters }),
  ];
}

function account({ account: id, cloud }: Variables): Panel[] {
  const add = dashboard('account');
  const filters = [is('account', id)];
  return [
    add('open by severity', { type: 'trend', measures: ['open'], groupBy: ['severity'], filters }),
    add('pass rate', { type: 'trend', measures: ['passRate'], interval: '1w', filters }),
    add("its cloud's pass rates", {
      type: 'summary',
      measures: ['passRate'],
      groupBy: ['account'],
      limit: 1000,
      filters: [is('cloud', cloud)],
    }),
    add('by rule, of how many', { type: 'findings', format: 'byRule', limit: 100, filters }),
    add('by region', { type: 'summary', measures: ['open', 'riskScore'], groupBy: ['region'], filters }),
    add('top resources', {
      type: 'summary',
      measures: ['riskScore', 'open'],
      groupBy: ['resource'],
      limit: 20,
      filters,
    }),
    add('newest', { type: 'findings', orderBy: 'firstSeen', direction: 'desc', limit: 100, filters }),
    add('oldest', { type: 'findings', orderBy: 'age', limit: 100, filters }),
  ];
}

function service({ service: name, cloud }: Variables): Panel[] {
  const add = dashboard('cloud and service');
  const filters = [is('cloud', cloud), is('service', name)];
  return [
    add('open by severity', { type: 'trend', measures: ['open'], groupBy: ['severity'], filters }),
    add('pass rate', { type: 'trend', measures: ['passRate'], interval: '1w', filters }),
    add('account × service', {
      type: 'summary',
      measures: ['open'],
      groupBy: ['account', 'service'],
      format: 'pivot',
      limit: 100,
    }),
    add('by rule', {
      type: 'summary',
      measures: ['open', 'accounts', 'affectedResources'],
      groupBy: ['rule'],
      filters,
    }),
    add('by region', { type: 'summary', measures: ['open'], groupBy: ['region'], filters }),
    add('top resources', { type: 'summary', measures: ['riskScore'], groupBy: ['resource'], limit: 20 }),
    add('newest', { type: 'findings', orderBy: 'firstSeen', direction: 'desc', limit: 100, filters }),
    add('oldest', { type: 'findings', orderBy: 'age', limit: 100 }),
  ];
}

function findings({ rule, teams, resource, fingerprint }: Variables): Panel[] {
  const add = dashboard('findings');
  return [
    add('by rule, of how many', { type: 'findings', format: 'byRule' }),
    add('by rule, of one severity', {
      type: 'findings',
      format: 'byRule',
      filters: [is('severity', 'CRITICAL')],
    }),
    add('of one rule', { type: 'findings', filters: [is('rule', rule)] }),
    add('of one severity and three teams', {
      type: 'findings',
      filters: [is('severity', 'HIGH'), among('team', teams)],
    }),
    add('all, the worst', { type: 'findings' }),
    add('searched', { type: 'findings', filters: [is('search', 'rule number 12')] }),
    add('one finding', { type: 'findings', filters: [is('fingerprint', fingerprint)] }),
    add('its events', { type: 'events', filters: [is('fingerprint', fingerprint)] }),
    add('the same resource', { type: 'findings', filters: [is('resource', resource)] }),
    add('by status', { type: 'summary', measures: ['findings'], groupBy: ['status'] }),
  ];
}
