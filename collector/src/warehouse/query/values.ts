import { SEVERITIES } from '../../findings/severity.ts';
import { QueryError } from '../engine.ts';
import { all, any, EMPTY, isIn, type Sql, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import { type Dimension, DIMENSIONS, MULTIPLE, type NamedDimension, UNBOUNDED } from './dimensions.ts';
import { OF_FINDING } from './fields.ts';
import { checkFilters, conditionsFor, type Place } from './filters.ts';
import { lastsAt } from './finding-terms.ts';
import { keysOf, lookups } from './finding-keys.ts';
import type { MeasureSubject } from './measures.ts';
import type { Filter, Range } from './request.ts';
import { CHECK_DIMENSIONS, SCOPE_DIMENSIONS } from './scope-conditions.ts';
import { isBound } from '../access.ts';
import { visible } from './visible.ts';

/** What there is to group and filter by, and which values it has: for those who choose among them. */

export interface DimensionInfo {
  readonly id: Dimension;
  readonly label: string;
  readonly description: string;
  /** False: too many values for series, alert labels or a whole list; they are searched. */
  readonly bounded: boolean;
  /** A finding may have several values of it. */
  readonly multiple: boolean;
  /** Of which kinds of measures groups and filters can be made by it. */
  readonly subjects: readonly MeasureSubject[];
}

const WORDS: Readonly<Record<NamedDimension, readonly [label: string, description: string]>> = {
  cloud: ['Cloud', 'aws, azure, gcp, kubernetes, …; empty where there is none.'],
  account: ['Account', 'Id of the account, subscription or project, or of what stands for one.'],
  accountName: ['Account name', 'As it is called today.'],
  region: ['Region', '`global` where the resource has none.'],
  service: ['Service', 'Of the cloud: s3, iam, …'],
  severity: ['Severity', 'CRITICAL, HIGH, MEDIUM, LOW or INFORMATIONAL.'],
  class: ['Class', 'compliance, vulnerability, detection, secret, iam, code, data or exposure.'],
  source: ['Source', 'The scanner or feed that reports it.'],
  rule: ['Rule', "The check that failed, by the source's own id."],
  resourceType: ['Resource type', 'As the source says it.'],
  resource: ['Resource', 'Id of the resource.'],
  status: ['Status', 'open, fixed, retired, false_positive, accepted or muted.'],
  framework: ['Framework', 'Compliance framework: CIS 1.4.'],
  control: ['Control', 'Control of a framework: CIS 1.4:2.1.1.'],
  team: ['Team', 'Who owns it, by configuration.'],
  environment: ['Environment', 'By configuration: production, staging, …'],
  scope: ['Scope', 'Source, cloud and account together.'],
  openedOn: ['Opened on', 'Day (UTC) on which it opened, or opened again: 2026-11-20.'],
  dueOn: ['Due on', 'Day (UTC) of its due date; empty where it has none.'],
  endsOn: [
    'Decided until',
    'Day (UTC) on which the acceptance or mute in force ends; empty where there is none.',
  ],
  correlationKey: ['Correlation key', 'The same for findings of several sources about the same thing.'],
  cve: ['CVE', 'Known vulnerability.'],
  package: ['Package', 'Vulnerable package.'],
  fixable: ['Fixable', 'Whether a fixed version is known: true or false.'],
  locator: ['Locator', 'Tells findings of one rule on one resource apart.'],
};

/** The dimensions, and a `label:<name>` for each label that a finding in sight has or had. */
export async function dimensionList({ run, access }: QueryContext): Promise<readonly DimensionInfo[]> {
  const seen = isBound(access)
    ? sql`where l.labels in (select h.labels from history h where ${visible(access, 'h')})`
    : EMPTY;
  const { rows } = await run(sql`select distinct l.name from label_set l ${seen} order by 1`);
  const named = DIMENSIONS.map((id): DimensionInfo => {
    const [label, description] = WORDS[id];
    return {
      id,
      label,
      description,
      bounded: !UNBOUNDED.has(id),
      multiple: MULTIPLE.has(id),
      subjects: subjectsOf(id),
    };
  });
  const labels = rows.map(([name]): DimensionInfo => {
    const label = String(name);
    return {
      id: `label:${label}`,
      label,
      description: `Label or tag ${label} of the resource.`,
      bounded: true,
      multiple: false,
      subjects: ['findings'],
    };
  });
  return [...named, ...labels];
}

function subjectsOf(dimension: NamedDimension): readonly MeasureSubject[] {
  const isOneOf = (names: readonly string[]): boolean => names.includes(dimension);
  return [
    'findings',
    ...(isOneOf(CHECK_DIMENSIONS) ? (['checks'] as const) : []),
    ...(isOneOf(SCOPE_DIMENSIONS) ? (['scopes'] as const) : []),
  ];
}

export interface ValuesRequest {
  readonly dimension: Dimension;
  /** What values, or the texts that they are shown by, begin with; in any case. */
  readonly prefix?: string | undefined;
  /** A part of them, in any case. */
  readonly contains?: string | undefined;
  readonly filters: readonly Filter[];
  /** Default: the range of the context. */
  readonly range?: Range | undefined;
  readonly limit: number;
}

export interface DimensionValue {
  readonly value: string;
  /** For people: the name of an account. */
  readonly text: string;
  /** Findings that were open at the end of the range (of `status`: that had it): 0 for what was there before. */
  readonly count: number;
}

const MIN_SEARCH = 2;

/**
 * Values of findings that were open, or accepted, or changed in the range, so that an account that is gone can still be chosen. Those
 * with most findings first, severities by weight. "Has none" is no value.
 * @throws QueryError where values that can only be searched are asked for without a search text
 */
export async function dimensionValues(
  context: QueryContext,
  request: ValuesRequest,
): Promise<readonly DimensionValue[]> {
  const { dimension, limit } = request;
  const search = [request.prefix ?? '', request.contains ?? ''];
  if (UNBOUNDED.has(dimension) && !search.some((text) => text.length >= MIN_SEARCH))
    throw new QueryError(
      'invalid',
      `there are too many values of ${dimension} to list them`,
      `Give at least ${MIN_SEARCH} characters to search for.`,
    );
  await checkFilters(context, request.filters);
  const { rows } = await context.run(valuesStatement(context, request, request.range ?? context.range));
  const names =
    dimension === 'account'
      ? await namesOf(
          context,
          rows.map(([value]) => String(value)),
        )
      : null;
  const values = rows.map(([value, count]): DimensionValue => {
    const id = String(value);
    return { value: id, text: names?.get(id) ?? id, count: Number(count ?? 0) };
  });
  return dimension === 'severity' ? values.sort(bySeverity).slice(0, limit) : values;
}

function bySeverity(a: DimensionValue, b: DimensionValue): number {
  const weight = ({ value }: DimensionValue): number =>
    SEVERITIES.findIndex((severity) => severity === value);
  return weight(b) - weight(a);
}

/** Counted by key first: what a key stands for is looked up for the few that there are. */
function valuesStatement(context: QueryContext, request: ValuesRequest, { from, to }: Range): Sql {
  const { access, dialect } = context;
  const { dimension, filters, limit } = request;
  const ofFinding = OF_FINDING.has(dimension);
  const place: Place = { relation: 'history', alias: 'h', ...(ofFinding ? { finding: 'f' } : {}) };
  const relations = ofFinding
    ? sql`history h join finding f on f.fingerprint = h.fingerprint and ${visible(access, 'f')}`
    : sql`history h`;
  const keys = keysOf(place, [dimension], filters, dialect);
  const [key] = keys;
  if (key === undefined) throw new RangeError(`${dimension} has no key`);
  const wanted = searchCondition(context, request);
  const counted = dimension === 'status' ? sql`true` : sql`h.status = 'open'`;
  const inner = sql`
    select ${key.inner} as k, sum(case when ${lastsAt(to)} and ${counted} then 1 else 0 end) as n
    from ${relations} where ${all([
      visible(access, 'h'),
      sql`h.began < ${to} and h.ended > ${from} and h.ended > h.began`,
      dimension === 'status'
        ? sql`h.status <> 'rekeyed'`
        : sql`(h.status in ('open', 'accepted', 'false_positive', 'muted') or (h.began >= ${from} and h.status <> 'rekeyed'))`,
      ...conditionsFor(place, filters, dialect, access),
      ...(key.rows === null ? [wanted(key.inner)] : []),
    ])} group by 1`;
  const { joins, values } = lookups(keys, () => sql`t.k`);
  const [value = sql`t.k`] = values;
  return sql`
    select x.value, sum(x.n) as n from (select ${value} as value, t.n from (${inner}) t ${joins}) x
    where x.value is not null and x.value <> '' and ${key.rows === null ? sql`true` : wanted(sql`x.value`)}
    group by 1 order by 2 desc, 1 limit ${limit}`;
}

function searchCondition(
  { access, dialect }: QueryContext,
  { dimension, prefix = '', contains = '' }: ValuesRequest,
): (value: Sql) => Sql {
  const fits = (text: Sql): Sql =>
    all([
      ...(prefix === '' ? [] : [sql`starts_with(lower(${text}), ${prefix.toLowerCase()})`]),
      ...(contains === '' ? [] : [dialect.contains(text, contains)]),
    ]);
  if (prefix === '' && contains === '') return () => sql`true`;
  if (dimension !== 'account') return fits;
  const called = sql`select s.account from scope s where ${visible(access, 's')} and ${fits(sql`s.account_name`)}`;
  return (value) => any([fits(value), sql`${value} in (${called})`]);
}

async function namesOf(
  { run, access }: QueryContext,
  accounts: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await run(sql`
    select s.account, max(s.account_name) from scope s
    where ${visible(access, 's')} and s.account_name is not null and ${isIn(sql`s.account`, accounts)} group by 1`);
  return new Map(rows.map(([account, name]) => [String(account), String(name)]));
}
