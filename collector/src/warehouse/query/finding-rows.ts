import type { QueryContext } from './context.ts';
import { MULTIPLE } from './dimensions.ts';
import { areThings, momentsOf, type Moments, type MomentsRequest, type Values } from './finding-moments.ts';
import { groupsByMeasure } from './finding-groups.ts';
import { isInCube, nothingOf, termOf } from './finding-terms.ts';
import { termsOf } from './findings-grid.ts';
import { FORMULAS } from './formulas.ts';
import type { Measure } from './measures.ts';
import type { Group, SummaryRow } from './result.ts';
import type { SummaryRequest, SummaryRows } from './summary.ts';

/** A summary of findings: grouped, ordered and cut by the engine, so that a million groups bring back no more than are shown. */
export async function findingRows(context: QueryContext, request: SummaryRequest): Promise<SummaryRows> {
  const { query, periods, order, limit, perGroup: count } = request;
  const { groupBy: dimensions, filters, measures } = query;
  const [measure = 'open'] = measures;
  const perGroup = count === null ? null : { measure, count };
  const subject = { dimensions, filters, terms: termsOf(measures), periods, order, limit, perGroup };
  const moments = await shownOf(context, subject);
  const row = (group: Group | null, values: Values): SummaryRow => rowOf(group, values, request, measures);
  return {
    rows: moments.groups.map(({ group, values }) => ({ ...row(group, values), group })),
    other: moments.cut ? row(null, othersOf(moments)) : null,
    total: row([], await totalOf(context, moments, subject)),
    groupCount: moments.groupCount,
    notices: [],
  };
}

/** More groups than that are quicker read all at once. */
const FEW = 200;

/** What can't be added up is dear: where the order does not depend on it, it is measured of the shown groups only. */
async function shownOf(context: QueryContext, request: MomentsRequest): Promise<Moments> {
  const { terms, order, limit, dimensions, perGroup } = request;
  const wholes = terms.filter(isWhole);
  const first = terms.filter((term) => !isWhole(term));
  const decisive = [
    ...(order.by === 'measure' ? [order.measure] : []),
    ...(perGroup === null ? [] : [perGroup.measure]),
  ].some((measure) => FORMULAS[measure].terms.some(isWhole));
  if (dimensions.length === 0 || limit > FEW || wholes.length === 0 || first.length === 0 || decisive)
    return groupsByMeasure(context, request);
  const moments = await momentsOf(context, { ...request, terms: first });
  if (moments.groups.length === 0) return moments;
  const only = moments.groups.map(({ group }) => group);
  const rest = await valuesOf(context, {
    ...request,
    terms: wholes,
    order: { by: 'dimension', index: 0 },
    limit: only.length,
    perGroup: null,
    only,
  });
  const nothing = new Map(wholes.map((term) => [term, nothingOf(term)] as const));
  const both = (values: Values, others: Values | undefined): Values =>
    values.map((value, period) => new Map([...value, ...(others?.[period] ?? nothing)]));
  return {
    groups: moments.groups.map(({ group, values }) => ({ group, values: both(values, rest(group)) })),
    sums: both(moments.sums, undefined),
    groupCount: moments.groupCount,
    cut: moments.cut,
  };
}

/**
 * Values of groups that are known (or of all, without dimensions), each from where it is read most quickly: what can be added up, and
 * how many accounts, rules or sources there are, in the cube where it knows all that is asked by; all else in history.
 */
async function valuesOf(
  context: QueryContext,
  request: MomentsRequest,
): Promise<(group: Group) => Values | undefined> {
  const { terms } = request;
  const inCube = terms.filter((term) => isInCube(term));
  const things = terms.filter((term) => !isInCube(term) && areThings({ ...request, terms: [term] }));
  const others = terms.filter((term) => !inCube.includes(term) && !things.includes(term));
  const parts = [inCube, ...things.map((term) => [term]), others].filter((part) => part.length > 0);
  const found = new Map<string, Values>();
  for (const part of parts) {
    const { groups } = await momentsOf(context, { ...request, terms: part });
    for (const { group, values } of groups) {
      const name = JSON.stringify(group);
      const known = found.get(name);
      found.set(
        name,
        values.map((value, period) => new Map([...(known?.[period] ?? nothingOfAll(terms)), ...value])),
      );
    }
  }
  return (group) => found.get(JSON.stringify(group));
}

function nothingOfAll(terms: readonly string[]): ReadonlyMap<string, number | null> {
  return new Map(terms.map((term) => [term, nothingOf(term)] as const));
}

function isWhole(term: string): boolean {
  return termOf(term).kind === 'whole';
}

/** Each finding once. */
async function totalOf(context: QueryContext, moments: Moments, request: MomentsRequest): Promise<Values> {
  const { dimensions, terms } = request;
  const [only] = moments.groups;
  if (dimensions.length === 0 && only !== undefined) return only.values;
  const unclear = dimensions.some((dimension) => MULTIPLE.has(dimension)) ? terms : terms.filter(isWhole);
  if (unclear.length === 0) return moments.sums;
  const order = { by: 'dimension', index: 0 } as const;
  const all = await valuesOf(context, {
    ...request,
    terms: unclear,
    dimensions: [],
    order,
    limit: 1,
    perGroup: null,
  });
  const whole = all([]);
  return moments.sums.map((sums, period) => new Map([...sums, ...(whole?.[period] ?? [])]));
}

function othersOf({ sums, groups }: Moments): Values {
  return sums.map(
    (all, period) =>
      new Map(
        [...all].map(([term, sum]) => [
          term,
          termOf(term).kind === 'whole' || sum === null
            ? null
            : groups.reduce((left, { values }) => left - (values[period]?.get(term) ?? 0), sum),
        ]),
      ),
  );
}

function rowOf(
  group: Group | null,
  values: Values,
  { periods }: SummaryRequest,
  measures: readonly Measure[],
): SummaryRow {
  const [current = [], previous = null] = periods.map(({ to }, period) =>
    measures.map((measure) => {
      const formula = FORMULAS[measure];
      if (group === null && !formula.additive) return null;
      return formula.value((term) => values[period]?.get(term) ?? null, to);
    }),
  );
  return { group, values: current, previous };
}
