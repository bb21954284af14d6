import type { QueryContext } from './context.ts';
import { MULTIPLE } from './dimensions.ts';
import { FORMULAS } from './formulas.ts';
import { cellsOf, type Wanted } from './finding-cells.ts';
import { groupsByMeasure } from './finding-groups.ts';
import { nothingOf, termOf } from './finding-terms.ts';
import { wholesOf } from './finding-wholes.ts';
import type { Grid, GridFunction, GridRequest } from './grid.ts';
import type { Measure } from './measures.ts';
import type { Group } from './result.ts';

type Line = readonly (number | null)[];

export interface FindingsRequest extends Omit<GridRequest, 'top'> {
  readonly wanted: Wanted;
  /** Whether `totals` are needed, which may cost a statement more. */
  readonly totals: boolean;
}

/** Far more than can be shown; what is beyond is added to the others. */
const MAX_GROUPS = 10_000;

export const findingsGrid: GridFunction = (context, { top, ...request }) =>
  gridOfFindings(context, {
    ...request,
    wanted: top === null ? { kind: 'all' } : { kind: 'top', ...top },
    totals: true,
  });

export function termsOf(measures: readonly Measure[]): readonly string[] {
  return [...new Set(measures.flatMap((measure) => FORMULAS[measure].terms))];
}

export async function gridOfFindings(context: QueryContext, request: FindingsRequest): Promise<Grid> {
  const { dimensions, filters, measures, edges, totals } = request;
  const terms = termsOf(measures);
  const additive = terms.filter((term) => termOf(term).kind !== 'whole');
  const wholes = terms.filter((term) => termOf(term).kind === 'whole');
  const { wanted, groupCount } = await groupsWanted(context, request, additive);
  const subject = { dimensions, filters, edges };
  const cells =
    additive.length === 0 && wanted.kind === 'these'
      ? { groups: wanted.groups, values: new Map(), others: new Map<string, Line>(), groupCount: 0 }
      : await cellsOf(context, { ...subject, terms: additive, wanted });
  const { groups } = cells;
  const { lines, notices } = await wholesOf(context, { ...subject, terms: wholes, groups });
  const values = new Map<string, readonly Line[]>([...cells.values, ...lines]);
  const order = orderOf(request, groups, lines);
  return {
    groups: inOrder(order, groups),
    terms: new Map([...values].map(([term, own]) => [term, inOrder(order, own)])),
    others: cells.others,
    groupCount: Math.max(groupCount, cells.groupCount),
    totals: totals ? await totalsOf(context, request, values, cells.others) : new Map(),
    notices,
  };
}

/** The largest by something that can't be added up, or by something of another grid's, have to be known before. */
async function groupsWanted(
  context: QueryContext,
  { wanted, dimensions, filters, measures, edges }: FindingsRequest,
  additive: readonly string[],
): Promise<{ wanted: Wanted; groupCount: number }> {
  const [first = 'open'] = measures;
  if (dimensions.length === 0 && additive.length === 0)
    return { wanted: { kind: 'these', groups: [[]] }, groupCount: 1 };
  const measure = wanted.kind === 'top' ? wanted.measure : first;
  if (wanted.kind === 'top' && isOfOpenWhole(measure)) {
    // Where all are shown only their order is wanted, which their values say.
    const all = await groupsByMeasure(context, {
      dimensions,
      filters,
      terms: ['d_open'],
      periods: [{ from: edges[0] ?? 0, to: edges.at(-1) ?? 0 }],
      order: { by: 'measure', measure: 'open' },
      limit: wanted.limit,
      perGroup: null,
    });
    if (!all.cut)
      return {
        wanted: { kind: 'these', groups: all.groups.map(({ group }) => group) },
        groupCount: all.groupCount,
      };
  }
  const ranked = FORMULAS[measure].terms.every((term) => additive.includes(term));
  if (
    wanted.kind === 'these' ||
    (wanted.kind === 'all' && additive.length > 0) ||
    (wanted.kind === 'top' && ranked)
  )
    return { wanted, groupCount: 0 };
  const { groups, groupCount } = await groupsByMeasure(context, {
    dimensions,
    filters,
    terms: FORMULAS[measure].terms,
    periods: [{ from: edges[0] ?? 0, to: edges.at(-1) ?? 0 }],
    order: { by: 'measure', measure },
    limit: wanted.kind === 'top' ? wanted.limit : MAX_GROUPS,
    perGroup: null,
  });
  return { wanted: { kind: 'these', groups: groups.map(({ group }) => group) }, groupCount };
}

function isOfOpenWhole(measure: Measure): boolean {
  const terms = FORMULAS[measure].terms.map(termOf);
  return terms.every((term) => term.kind === 'whole' && term.of === 'open');
}

/** Places of the groups, those first that are largest at the end by what can't be added up; as they come where that is not asked for. */
function orderOf(
  { wanted }: FindingsRequest,
  groups: readonly Group[],
  lines: ReadonlyMap<string, readonly Line[]>,
): readonly number[] {
  const places = groups.map((_, place) => place);
  if (wanted.kind !== 'top' || !isOfOpenWhole(wanted.measure)) return places;
  const [term = ''] = FORMULAS[wanted.measure].terms;
  const size = (place: number): number => lines.get(term)?.[place]?.at(-1) ?? Number.NEGATIVE_INFINITY;
  return places.sort((a, b) => (size(a) === size(b) ? a - b : size(b) - size(a)));
}

function inOrder<T>(order: readonly number[], values: readonly T[]): readonly T[] {
  return order.flatMap((place) => values.slice(place, place + 1));
}

/** Each finding once: the sum of the groups where it has one only. */
async function totalsOf(
  context: QueryContext,
  request: FindingsRequest,
  values: ReadonlyMap<string, readonly Line[]>,
  others: ReadonlyMap<string, Line>,
): Promise<ReadonlyMap<string, Line>> {
  const { dimensions, edges } = request;
  const ungrouped = dimensions.length === 0;
  if (!ungrouped && (dimensions.some((dimension) => MULTIPLE.has(dimension)) || others.size < values.size)) {
    const none: readonly Group[] = [[]];
    const all = await gridOfFindings(context, {
      ...request,
      dimensions: [],
      wanted: { kind: 'these', groups: none },
    });
    return all.totals;
  }
  return new Map(
    [...values].map(([term, lines]) => [
      term,
      ungrouped
        ? (lines[0] ?? edges.slice(1).map(() => nothingOf(term)))
        : added([...lines, others.get(term) ?? []], edges.length - 1),
    ]),
  );
}

function added(lines: readonly Line[], intervals: number): Line {
  return Array.from({ length: intervals }, (_, at) => lines.reduce((sum, line) => sum + (line[at] ?? 0), 0));
}
