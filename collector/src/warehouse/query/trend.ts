import { QueryError } from '../engine.ts';
import { namesOfAccounts } from './account-names.ts';
import {
  GRIDS,
  type Line,
  type Lines,
  linesByName,
  measured,
  nameOf,
  nothingOf,
  noticesOf,
  ofSubject,
  othersOf,
  subjectsOf,
} from './answer.ts';
import type { QueryContext } from './context.ts';
import { type Dimension, UNBOUNDED } from './dimensions.ts';
import { checkFilters } from './filters.ts';
import { gridOfFindings } from './findings-grid.ts';
import { FORMULAS } from './formulas.ts';
import type { Grid } from './grid.ts';
import { MEASURE, type Measure, type MeasureSubject } from './measures.ts';
import type { TrendQuery } from './request.ts';
import type { Group, Series, TrendResult } from './result.ts';
import { edgesOf } from './time.ts';

/** More points than that are no chart any more, and take a browser longer to draw than the rest took together. */
const MAX_VALUES = 100_000;

export interface TrendOptions {
  /** Rules ask as if they drew a chart of 40,000 points: nothing finer than an hour is theirs. */
  readonly fromAlert?: boolean;
}

/** @throws QueryError */
export async function runTrend(
  context: QueryContext,
  query: TrendQuery,
  { fromAlert = false }: TrendOptions = {},
): Promise<TrendResult> {
  const { measures, groupBy: dimensions } = query;
  refuseUnbounded(dimensions);
  const interval = fromAlert && query.interval.endsWith('m') ? '1h' : query.interval;
  const edges = edgesOf({ ...query, interval }, context.range);
  refuseTooMany(query, edges);
  await checkFilters(context, query.filters);

  const parts = await partsOf(context, query, edges, null);
  const order = orderOf(parts, measures);
  const shown = order.slice(0, query.limit);
  const total = Math.max(order.length, ...parts.map(({ grid }) => grid.groupCount));
  const withOther = query.other && total > shown.length;
  const current = seriesOf(context, query, parts, shown, withOther, edges, 'current');

  const previous =
    query.compare === 'previous' ? await previousOf(context, query, edges, shown, withOther) : [];
  return {
    kind: 'trend',
    dimensions,
    times: edges.slice(0, -1),
    accountNames: await namesOfAccounts(context, dimensions, current),
    // Each measure beside what it was before.
    series: current.flatMap((series, n) => [series, ...previous.slice(n, n + 1)]),
    notices: noticesOf(parts.map(({ grid }) => grid)),
    cut: total > shown.length ? { shown: shown.length, total, what: 'series' } : null,
    statements: context.statements,
  };
}

function refuseUnbounded(dimensions: readonly Dimension[]): void {
  const unbounded = dimensions.find((dimension) => UNBOUNDED.has(dimension));
  if (unbounded === undefined) return;
  throw new QueryError(
    'invalid',
    `a trend has no series by ${unbounded}: there can be a million of them, and others tomorrow`,
    `Use a summary by ${unbounded}, or filter by it.`,
  );
}

function refuseTooMany(
  { measures, groupBy, limit, other, compare }: TrendQuery,
  edges: readonly number[],
): void {
  const series =
    (groupBy.length === 0 ? 1 : limit + (other ? 1 : 0)) * measures.length * (compare === 'previous' ? 2 : 1);
  if (series * (edges.length - 1) <= MAX_VALUES) return;
  throw new QueryError(
    'invalid',
    `up to ${series} series of ${edges.length - 1} intervals are more than ${MAX_VALUES.toLocaleString('en')} values`,
    'Ask for a longer interval, fewer measures or a smaller limit.',
  );
}

/** What one of the subjects has to say. */
interface Part {
  readonly subject: MeasureSubject;
  readonly grid: Grid;
  /** Whether its groups come in order. */
  readonly ordered: boolean;
}

/** @param these groups that are wanted, where they are known already */
async function partsOf(
  context: QueryContext,
  query: TrendQuery,
  edges: readonly number[],
  these: readonly Group[] | null,
): Promise<readonly Part[]> {
  const { groupBy: dimensions, filters, limit } = query;
  const subjects = subjectsOf(query.measures);
  const parts: Part[] = [];
  for (const subject of subjects) {
    const measures = ofSubject(query.measures, subject);
    const [measure] = measures;
    // Of several subjects only all groups can be put together.
    const top = subjects.length === 1 && these === null && measure !== undefined ? { measure, limit } : null;
    const request = { dimensions, filters, measures, edges };
    if (subject !== 'findings') {
      parts.push({ subject, ordered: false, grid: await GRIDS[subject](context, { ...request, top }) });
      continue;
    }
    const wanted =
      these !== null
        ? ({ kind: 'these', groups: these } as const)
        : top === null
          ? ({ kind: 'all' } as const)
          : ({ kind: 'top', ...top } as const);
    const grid = await gridOfFindings(context, { ...request, wanted, totals: false });
    parts.push({ subject, ordered: top !== null, grid });
  }
  return parts;
}

/** All groups, the largest by the first measure first. */
function orderOf(parts: readonly Part[], [measure]: readonly Measure[]): readonly Group[] {
  const [first] = parts;
  if (first === undefined || measure === undefined) return [];
  if (parts.length === 1 && first.ordered) return first.grid.groups;
  const groups = new Map(parts.flatMap(({ grid }) => grid.groups.map((group) => [nameOf(group), group])));
  const lines = linesByName(first.grid);
  const ranked = [...groups].map(([name, group]) => ({
    name,
    group,
    size: sizeOf(measure, lines.get(name)),
  }));
  ranked.sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1));
  return ranked.map(({ group }) => group);
}

/** Gauges at the end, flows over the whole range; what has no value comes last. */
function sizeOf(measure: Measure, lines: Lines | undefined): number {
  const formula = FORMULAS[measure];
  const kind = MEASURE[measure].kind;
  const size = formula.value((term) => {
    const known = (lines?.get(term) ?? []).filter((value) => value !== null);
    const last = lines?.get(term)?.at(-1) ?? null;
    if (kind === 'gauge' || !formula.additive) return last;
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
  }, 0);
  return size ?? Number.NEGATIVE_INFINITY;
}

function seriesOf(
  { now }: QueryContext,
  { measures }: TrendQuery,
  parts: readonly Part[],
  shown: readonly Group[],
  withOther: boolean,
  edges: readonly number[],
  period: Series['period'],
): readonly Series[] {
  const intervals = edges.length - 1;
  const known = new Map(parts.map(({ subject, grid }) => [subject, linesByName(grid)]));
  const names = new Set(shown.map(nameOf));
  const series = shown.flatMap((group) =>
    measures.map((measure): Series => {
      const { subject } = MEASURE[measure];
      const lines = known.get(subject)?.get(nameOf(group)) ?? nothingOf(measure, edges, now);
      return { measure, group, period, values: measured(measure, lines, edges) };
    }),
  );
  if (!withOther) return series;
  const others = new Map(parts.map(({ subject, grid }) => [subject, othersOf(grid, names, intervals)]));
  return [
    ...series,
    ...measures.map((measure): Series => {
      const lines = others.get(MEASURE[measure].subject) ?? new Map<string, Line>();
      const additive = FORMULAS[measure].additive;
      const values = additive ? measured(measure, lines, edges) : new Array<null>(intervals).fill(null);
      return { measure, group: null, period, values };
    }),
  ];
}

/** The same groups, one range earlier: interval by interval as long as now, so that they can be laid over each other. */
async function previousOf(
  context: QueryContext,
  query: TrendQuery,
  edges: readonly number[],
  shown: readonly Group[],
  withOther: boolean,
): Promise<readonly Series[]> {
  const { from, to } = context.range;
  const earlier = edges.map((edge) => edge - (to - from));
  const parts = await partsOf(context, query, earlier, shown);
  return seriesOf(context, query, parts, shown, withOther, earlier, 'previous');
}
