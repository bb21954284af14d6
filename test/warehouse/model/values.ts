import type { Finding } from '../../../collector/src/findings/finding.ts';
import { SEVERITIES } from '../../../collector/src/findings/severity.ts';
import type { Dimension, FilterField } from '../../../collector/src/warehouse/query/dimensions.ts';
import type { Filter } from '../../../collector/src/warehouse/query/request.ts';
import type { State } from './life.ts';

/** Whose eyes: null sees everything. */
export interface Sight {
  readonly accounts: readonly string[] | null;
  readonly teams: readonly string[] | null;
}

export const ALL: Sight = { accounts: null, teams: null };

export interface Owned {
  readonly cloud: string;
  readonly account: string;
  readonly team: string | null;
}

export function sees({ accounts, teams }: Sight, { cloud, account, team }: Owned): boolean {
  const named = accounts === null || accounts.includes(account) || accounts.includes(`${cloud}/${account}`);
  return named && (teams === null || (team !== null && teams.includes(team)));
}

export function seesState(sight: Sight, { scope, event }: State): boolean {
  return sees(sight, { cloud: scope.cloud, account: scope.account, team: event.team });
}

/** The finding as it is today; undefined where it has another name by now, or is out of sight. */
export function todayOf(state: State, sight: Sight): Finding | undefined {
  const finding = state.scope.today.get(state.fingerprint);
  return finding === undefined || !sees(sight, finding) ? undefined : finding;
}

export function sameFrameworks(a: readonly string[], b: readonly string[]): boolean {
  return [...a].sort().join('\n') === [...b].sort().join('\n');
}

export function sameLabels(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): boolean {
  return pairs(a) === pairs(b);
}

function pairs(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).sort(([x], [y]) => (x < y ? -1 : 1)));
}

/** `CIS 1.4:2.1.1` belongs to the framework `CIS 1.4`. */
export function frameworkOf(control: string): string {
  const colon = control.indexOf(':');
  return colon < 0 ? control : control.slice(0, colon);
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** All values that a finding has of a dimension; empty for none, several only of frameworks, controls and CVEs. */
export function valuesOf(state: State, field: FilterField, sight: Sight): readonly string[] {
  const { scope, event } = state;
  const today = (): Finding | undefined => todayOf(state, sight);
  const one = (value: string | number | null | undefined): readonly string[] =>
    value === null || value === undefined || value === '' ? [] : [String(value)];
  if (field.startsWith('label:')) {
    const name = field.slice('label:'.length);
    return Object.hasOwn(event.labels, name) ? one(event.labels[name]) : [];
  }
  switch (field as Exclude<FilterField, `label:${string}`>) {
    case 'cloud':
      return one(scope.cloud);
    case 'account':
      return one(scope.account);
    case 'accountName':
      return one(scope.accountName);
    case 'source':
      return one(scope.source);
    case 'scope':
      return one(scope.scope);
    case 'region':
      return one(event.region);
    case 'service':
      return one(event.service);
    case 'severity':
      return one(event.severity);
    case 'class':
      return one(event.class);
    case 'rule':
      return one(event.ruleId);
    case 'resourceType':
      return one(event.resourceType);
    case 'resource':
      return one(event.resourceId);
    case 'status':
      return one(state.status);
    case 'framework':
      return [...new Set(event.frameworks.map(frameworkOf))];
    case 'control':
      return [...new Set(event.frameworks)];
    case 'team':
      return one(event.team);
    case 'environment':
      return one(event.environment);
    case 'openedOn':
      return one(dayOf(state.clockStart));
    case 'dueOn':
      return event.dueAt === null ? [] : one(dayOf(event.dueAt));
    case 'endsOn': {
      const ends: Partial<Record<string, number | null>> = {
        accepted: event.verdictUntil,
        muted: event.muteUntil,
      };
      const until = ends[state.status] ?? null;
      return until === null ? [] : one(dayOf(until));
    }
    case 'correlationKey':
      return one(today()?.correlationKey);
    case 'cve':
      return [...new Set(today()?.cve ?? [])];
    case 'package':
      return one(today()?.package);
    case 'fixable': {
      const finding = today();
      return finding === undefined ? [] : one(String(finding.fixedVersion !== null));
    }
    case 'locator':
      return one(today()?.locator);
    case 'fingerprint':
      return one(state.fingerprint);
    case 'score':
      return one(event.score);
    case 'dueState':
      return one(state.dueState);
    case 'openedCause':
      return one(event.openedCause);
    case 'verdict':
      return one(event.verdict);
    case 'mute':
      return one(event.mute);
    case 'search':
      throw new Error('a search has no values');
  }
}

/** Whether the finding passes the filter. What has no value passes as `""`. */
export function passes(state: State, filter: Filter, sight: Sight): boolean {
  if (filter.field === 'search') {
    const [text = ''] = filter.values;
    return found(state, text, sight) === (filter.operator === '=');
  }
  const values = valuesOf(state, filter.field, sight);
  return passesValues(values, filter);
}

export function passesValues(
  values: readonly string[],
  { field, operator, values: wanted }: Filter,
): boolean {
  const own = values.length === 0 ? [''] : values;
  const [first = ''] = wanted;
  switch (operator) {
    case '=':
      return own.includes(first);
    case '!=':
      return !own.includes(first);
    case 'in':
      return own.some((value) => wanted.includes(value));
    case 'notIn':
      return !own.some((value) => wanted.includes(value));
    case '=~':
      return own.some((value) => whole(first).test(value));
    case '!~':
      return !own.some((value) => whole(first).test(value));
    case '>':
      return own.some((value) => weight(field, value) > weight(field, first));
    case '<':
      return own.some((value) => weight(field, value) < weight(field, first));
  }
}

function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, 's');
}

function weight(field: string, value: string): string | number {
  if (field === 'severity') return (SEVERITIES as readonly string[]).indexOf(value);
  return field === 'score' ? Number(value) : value;
}

/** Part of a title, rule, resource or fingerprint, in any case, as the finding is today. */
function found(state: State, text: string, sight: Sight): boolean {
  const today = todayOf(state, sight);
  if (today === undefined) return false;
  const texts = [today.title, today.ruleId, today.resourceId, today.fingerprint];
  return texts.some((candidate) => candidate.toLowerCase().includes(text.toLowerCase()));
}

/**
 * The groups that a finding counts in: one, or one for each of its frameworks, controls or CVEs. Who filters by one of them
 * wants no group of another, and a control stands only beside its own framework.
 */
export function groupsOf(
  state: State,
  dimensions: readonly Dimension[],
  filters: readonly Filter[],
  sight: Sight,
): readonly (readonly (string | null)[])[] {
  const byControl = dimensions.includes('framework') || dimensions.includes('control');
  const controls = valuesOf(state, 'control', sight).filter(
    (control) =>
      letThrough('control', control, filters) && letThrough('framework', frameworkOf(control), filters),
  );
  const entries: readonly (string | null)[] = byControl && controls.length > 0 ? controls : [null];
  const groups = new Map<string, (string | null)[]>();
  for (const control of entries) {
    let some: (string | null)[][] = [[]];
    for (const dimension of dimensions) {
      const values = groupValues(state, dimension, control, filters, sight);
      some = some.flatMap((group) => values.map((value) => [...group, value]));
    }
    for (const group of some) groups.set(JSON.stringify(group), group);
  }
  return [...groups.values()];
}

function groupValues(
  state: State,
  dimension: Dimension,
  control: string | null,
  filters: readonly Filter[],
  sight: Sight,
): readonly (string | null)[] {
  if (dimension === 'control') return [control];
  if (dimension === 'framework') return [control === null ? null : frameworkOf(control)];
  const values = valuesOf(state, dimension, sight);
  const wanted = dimension === 'cve' ? values.filter((value) => letThrough('cve', value, filters)) : values;
  return wanted.length === 0 ? [null] : wanted;
}

function letThrough(field: string, value: string, filters: readonly Filter[]): boolean {
  return filters.filter((filter) => filter.field === field).every((filter) => passesValues([value], filter));
}
