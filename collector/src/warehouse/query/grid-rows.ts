import { severityRank, isSeverity } from '../../findings/severity.ts';
import {
  GRIDS,
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
import { gridOfFindings } from './findings-grid.ts';
import type { Grid } from './grid.ts';
import { FORMULAS } from './formulas.ts';
import { MEASURE, type Measure, type MeasureSubject } from './measures.ts';
import type { Group, SummaryRow } from './result.ts';
import type { SummaryRequest, SummaryRows } from './summary.ts';

/**
 * A summary of check stats or scopes, or of several subjects beside each other: their dimensions are few, so all groups are read
 * and put together here.
 */
export async function gridRows(context: QueryContext, request: SummaryRequest): Promise<SummaryRows> {
  const { query, periods, limit } = request;
  const { measures, groupBy } = query;
  const columns: Column[] = [];
  for (const { from, to } of periods) columns.push(await columnOf(context, request, [from, to]));
  const grids = columns.flatMap(({ grids }) => [...grids.values()]);
  const groups = new Map(
    grids.flatMap((grid) => grid.groups.map((group) => [nameOf(group), group] as const)),
  );
  const row = (group: Group | null, linesFor: LinesFor): SummaryRow =>
    rowOf(context, columns, measures, group, linesFor);
  const rows = [...groups].map(([name, group]) => ({
    ...row(group, (column, subject) => column.lines.get(subject)?.get(name)),
    group,
  }));
  const sorted = largestOfEach(request, rows).sort(comparing(request));
  const shown = sorted.slice(0, limit);
  const groupCount =
    request.perGroup === null
      ? Math.max(sorted.length, ...grids.map(({ groupCount: count }) => count))
      : sorted.length;
  const names = new Set(shown.map(({ group }) => nameOf(group)));
  const cut = rows.length > shown.length;
  return {
    rows: shown,
    other: cut
      ? row(null, (column, subject) => {
          const grid = column.grids.get(subject);
          return grid === undefined ? undefined : othersOf(grid, names, 1);
        })
      : null,
    total: row([], (column, subject) => column.grids.get(subject)?.totals),
    groupCount: groupBy.length === 0 ? 1 : groupCount,
    notices: noticesOf(grids),
  };
}

/** One period. */
interface Column {
  readonly edges: readonly number[];
  readonly grids: ReadonlyMap<MeasureSubject, Grid>;
  readonly lines: ReadonlyMap<MeasureSubject, ReadonlyMap<string, Lines>>;
}

async function columnOf(
  context: QueryContext,
  { query }: SummaryRequest,
  edges: readonly number[],
): Promise<Column> {
  const { groupBy: dimensions, filters } = query;
  const grids = new Map<MeasureSubject, Grid>();
  for (const subject of subjectsOf(query.measures)) {
    const request = { dimensions, filters, edges, measures: ofSubject(query.measures, subject) };
    const grid =
      subject === 'findings'
        ? await gridOfFindings(context, { ...request, wanted: { kind: 'all' }, totals: true })
        : await GRIDS[subject](context, { ...request, top: null });
    grids.set(subject, grid);
  }
  return { edges, grids, lines: new Map([...grids].map(([subject, grid]) => [subject, linesByName(grid)])) };
}

type LinesFor = (column: Column, subject: MeasureSubject) => Lines | undefined;

function rowOf(
  { now }: QueryContext,
  columns: readonly Column[],
  measures: readonly Measure[],
  group: Group | null,
  linesFor: LinesFor,
): SummaryRow {
  const [current = [], previous = null] = columns.map((column) =>
    measures.map((measure) => {
      if (group === null && !FORMULAS[measure].additive) return null;
      const { subject } = MEASURE[measure];
      const lines = linesFor(column, subject) ?? nothingOf(measure, column.edges, now);
      return measured(measure, lines, column.edges)[0] ?? null;
    }),
  );
  return { group, values: current, previous };
}

/** Where only some of each group are wanted, those. */
function largestOfEach<T extends SummaryRow & { readonly group: Group }>(
  { query, perGroup, ...request }: SummaryRequest,
  rows: readonly T[],
): T[] {
  if (perGroup === null) return [...rows];
  const [measure = 'open'] = query.measures;
  const bySize = comparing({ ...request, query, perGroup, order: { by: 'measure', measure } });
  const groups = Map.groupBy(rows.toSorted(bySize), ({ group }) => nameOf(group.slice(0, -1)));
  return [...groups.values()].flatMap((own) => own.slice(0, perGroup));
}

type Comparison = (a: SummaryRow, b: SummaryRow) => number;

function comparing({ query, order }: SummaryRequest): Comparison {
  const byName: Comparison = (a, b) => compared(nameOf(a.group ?? []), nameOf(b.group ?? []));
  if (order.by === 'measure') {
    const n = query.measures.indexOf(order.measure);
    const size = ({ values }: SummaryRow): number => values[n] ?? Number.NEGATIVE_INFINITY;
    return (a, b) => (size(a) === size(b) ? byName(a, b) : size(b) - size(a));
  }
  const value = ({ group }: SummaryRow): string | null => group?.[order.index] ?? null;
  return (a, b) => byValue(value(a), value(b)) || byName(a, b);
}

/** From a to z, severities from the worst; none last. */
function byValue(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return isSeverity(a) && isSeverity(b) ? severityRank(b) - severityRank(a) : compared(a, b);
}

function compared(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
