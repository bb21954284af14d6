import type { QueryContext } from './context.ts';
import { MULTIPLE } from './dimensions.ts';
import { momentsOf, type Moments, type MomentsRequest, type Values } from './finding-moments.ts';
import { groupsByMeasure } from './finding-groups.ts';
import { nothingOf, termOf } from './finding-terms.ts';
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
  const rest = await momentsOf(context, {
    ...request,
    terms: wholes,
    order: { by: 'dimension', index: 0 },
    limit: only.length,
    perGroup: null,
    only,
  });
  const found = new Map(rest.groups.map(({ group, values }) => [JSON.stringify(group), values]));
  const nothing = new Map(wholes.map((term) => [term, nothingOf(term)] as const));
  const both = (values: Values, others: Values | undefined): Values =>
    values.map((value, period) => new Map([...value, ...(others?.[period] ?? nothing)]));
  return {
    groups: moments.groups.map(({ group, values }) => ({
      group,
      values: both(values, found.get(JSON.stringify(group))),
    })),
    sums: both(moments.sums, undefined),
    groupCount: moments.groupCount,
    cut: moments.cut,
  };
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
  const all = await momentsOf(context, {
    ...request,
    terms: unclear,
    dimensions: [],
    order,
    limit: 1,
    perGroup: null,
  });
  return moments.sums.map((sums, period) => new Map([...sums, ...(all.groups[0]?.values[period] ?? [])]));
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
