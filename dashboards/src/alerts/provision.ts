import type { Rule, RuleQuery } from './model.ts';
import { CONTACT_POINT, MONDAYS, NOBODY } from './contact-points.ts';
import { UID } from '../build/names.ts';

/** Rules in the form of Grafana's provisioning files. */

const DAY_S = 86_400;
const EXPRESSION = '__expr__';
const CONDITION = 'FIRES';
/** As Grafana asks for rules. */
const ASKED = { intervalMs: 1000, maxDataPoints: 43_200 };
const MOST_GROUPS = 10_000;

export const FOLDER = 'Security';
const EVERY = '10m';

export interface Place {
  readonly datasourceUid: string;
  /** Whether anybody is told; without a contact point alerts are only shown. */
  readonly told: boolean;
}

export function ruleFile(rules: readonly Rule[], place: Place): object {
  return {
    apiVersion: 1,
    groups: [
      {
        orgId: 1,
        name: 'Sightline',
        folder: FOLDER,
        interval: EVERY,
        rules: rules.map((rule) => ruleOf(rule, place)),
      },
    ],
  };
}

function ruleOf(rule: Rule, place: Place): object {
  const {
    uid,
    title,
    queries,
    condition,
    pending = '0s',
    keepFiring = '0s',
    watchdog = false,
    derived = {},
  } = rule;
  const otherwise = watchdog ? 'Alerting' : 'KeepLast';
  return {
    uid,
    title,
    condition: CONDITION,
    data: [
      ...queries.map((query) => dataOf(query, place.datasourceUid)),
      ...Object.entries(derived).map(([refId, expression]) => mathOf(refId, expression)),
      mathOf(CONDITION, condition),
    ],
    for: pending,
    keepFiringFor: keepFiring,
    noDataState: otherwise,
    execErrState: otherwise,
    labels: labelsOf(rule),
    annotations: annotationsOf(rule),
    notification_settings: notificationOf(rule, place.told),
    isPaused: false,
  };
}

function mathOf(refId: string, expression: string): object {
  const datasource = { type: EXPRESSION, uid: EXPRESSION };
  return { refId, datasourceUid: EXPRESSION, model: { refId, type: 'math', expression, datasource } };
}

function dataOf({ refId, measure, groupBy, filters, days, change, worst }: RuleQuery, uid: string): object {
  return {
    refId,
    queryType: 'summary',
    relativeTimeRange: { from: days * DAY_S, to: 0 },
    datasourceUid: uid,
    model: {
      refId,
      queryType: 'summary',
      version: 1,
      format: 'numeric',
      measures: [measure],
      groupBy: [...groupBy],
      ...(filters === undefined ? {} : { filters }),
      ...(change === true ? { compare: 'change' } : {}),
      ...(worst === true ? { perGroup: 1 } : {}),
      limit: MOST_GROUPS,
      ...ASKED,
    },
  };
}

/** In labels Grafana puts environment variables in the place of `$name`: `$$` is one `$`. */
function labelsOf({ level, batch }: Rule): Record<string, string> {
  return {
    severity: level,
    from: 'sightline',
    ...(batch === undefined ? {} : { batch: `{{ $$labels.${batch} }}` }),
  };
}

function annotationsOf({ summary, outcome, says, link, group }: Rule): Record<string, string> {
  const address = (uid: string, set: Readonly<Record<string, string>>): string => {
    const query = Object.entries(set).map(([name, value]) => `var-${name}=${value}`);
    // Grafana's own address ends with a slash.
    return `{{ externalURL }}d/${uid}${query.length === 0 ? '' : `?${query.join('&')}`}`;
  };
  return {
    summary,
    description: says,
    ...(outcome === undefined ? {} : { outcome }),
    findings: address(link.uid, link.set),
    ...(group.includes('account')
      ? { account: address(UID.account, { account: '{{ urlquery $labels.account }}' }) }
      : {}),
  };
}

function notificationOf({ group, weekly = false }: Rule, told: boolean): object {
  return {
    receiver: CONTACT_POINT,
    group_by: ['grafana_folder', 'alertname', ...group],
    group_wait: '30s',
    group_interval: '5m',
    // A digest repeats on the next Monday; anything else is told once.
    repeat_interval: weekly ? '6d' : '30d',
    ...(told ? (weekly ? { active_time_intervals: [MONDAYS] } : {}) : { mute_time_intervals: [NOBODY] }),
  };
}
