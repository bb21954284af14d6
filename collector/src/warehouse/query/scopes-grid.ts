import { all, type Sql, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import { pastEdges } from './edge-slots.ts';
import { FORMULAS } from './formulas.ts';
import type { GridFunction, GridRequest } from './grid.ts';
import { gridOf, largest } from './grid-groups.ts';
import { laidOut, type Lasting, type Piece, piecesOf, type Rows, smallest } from './pieces.ts';
import type { Group } from './result.ts';
import {
  type Columns,
  dimensionsOf,
  everyGroup,
  EXPECTED_COLUMNS,
  GONE,
  type Grouping,
  SCOPE_COLUMNS,
  SCOPE_DIMENSIONS,
  type ScopeDimension,
  scopeConditions,
  someGroups,
} from './scope-conditions.ts';
import {
  endsOf,
  failingSince,
  freshThanks,
  heardThanks,
  lastComplete,
  lastCoverage,
  neverReported,
  runsPassing,
  scopesThere,
} from './scope-relations.ts';
import { visible } from './visible.ts';

/**
 * Scopes and their runs at any time: a scope is there from its first run until it is retired. What is expected is what today's
 * configuration says; something of it that had not reported by then counts as expected, and as nothing else.
 */
export const scopesGrid: GridFunction = async (context, request) => {
  const wanted = wantedOf(context, request);
  const { dimensions, edges } = wanted;
  const intervals = edges.length - 1;
  const every = everyOf(dimensions);
  await see(context, wanted, every);
  const { groups } = every.scopes;
  const { length: count } = groups;
  if (intervals === 1 || dimensions.length === 0) {
    const terms = await termsOf(context, wanted, every);
    return gridOf(groups, terms, intervals, groups.length, []);
  }
  const shown = await largestOf(context, request, wanted, every);
  const terms = await termsOf(context, wanted, someOf(dimensions, shown));
  return gridOf(shown, terms, intervals, count, []);
};

/** What a query is about, and what it wants of it. */
interface Wanted {
  readonly dimensions: readonly ScopeDimension[];
  /** Conditions on `scope s` and on `expected_scope e`. */
  readonly scopes: Sql;
  readonly expected: Sql;
  readonly terms: ReadonlySet<string>;
  readonly edges: readonly number[];
}

function wantedOf({ access, dialect }: QueryContext, request: GridRequest): Wanted {
  const { measures, filters, edges } = request;
  const what = measures.join(', ');
  const conditions = (columns: Columns): Sql =>
    scopeConditions(what, filters, columns, SCOPE_DIMENSIONS, dialect);
  return {
    dimensions: dimensionsOf(what, request.dimensions, SCOPE_DIMENSIONS),
    scopes: all([visible(access, 's'), conditions(SCOPE_COLUMNS)]),
    expected: all([visible(access, 'e'), conditions(EXPECTED_COLUMNS)]),
    terms: new Set(measures.flatMap((measure) => FORMULAS[measure].terms)),
    edges,
  };
}

/** The same groups, of scopes and of what is configured. */
interface Groupings {
  readonly scopes: Grouping;
  readonly expected: Grouping;
}

function everyOf(dimensions: readonly ScopeDimension[]): Groupings {
  const scopes = everyGroup(dimensions, SCOPE_COLUMNS);
  return { scopes, expected: { ...scopes, columns: dimensions.map((name) => EXPECTED_COLUMNS[name]) } };
}

function someOf(dimensions: readonly ScopeDimension[], groups: readonly Group[]): Groupings {
  return {
    scopes: someGroups(dimensions, SCOPE_COLUMNS, groups),
    expected: someGroups(dimensions, EXPECTED_COLUMNS, groups),
  };
}

/** Finds every group that was there at some time of the window, whatever happened in it. */
async function see(
  context: QueryContext,
  { dimensions, scopes, expected, terms, edges }: Wanted,
  groupings: Groupings,
): Promise<void> {
  if (dimensions.length === 0) return;
  const [from = 0, first = 0] = edges;
  const to = edges.at(-1) ?? 0;
  const nothing = new Map<string, Sql>();
  // The window is one interval here, and what ended within it is wanted too.
  const there = scopesThere(sql`${scopes} and ${GONE} >= ${from}`);
  await piecesOf(context, { ...there, ended: sql`${to}`, terms: nothing }, groupings.scopes, [from, to]);
  if (!terms.has('expected_scopes')) return;
  const never = neverReported(expected);
  const where = sql`coalesce(e.reported, ${first}) >= ${first}`;
  await piecesOf(context, { ...never, where, ended: sql`${to}`, terms: nothing }, groupings.expected, [
    from,
    to,
  ]);
}

async function largestOf(
  context: QueryContext,
  { top }: GridRequest,
  wanted: Wanted,
  every: Groupings,
): Promise<readonly Group[]> {
  const { groups } = every.scopes;
  if (top === null || groups.length <= top.limit) return groups;
  const last = wanted.edges.slice(-2);
  const terms = new Set(FORMULAS[top.measure].terms);
  const rows = await termsOf(context, { ...wanted, terms, edges: last }, every);
  return largest(groups, rows, top, last[1] ?? 0);
}

async function termsOf(
  context: QueryContext,
  { scopes, expected, terms, edges }: Wanted,
  groupings: Groupings,
): Promise<ReadonlyMap<string, Rows>> {
  const past = pastEdges(edges, context.now);
  const ends = endsOf(past);
  const read = async (names: readonly string[], lasting: Lasting): Promise<readonly Piece[]> => {
    const at = lasting.ended === null ? edges : past;
    if (at.length === 0 || !names.some((name) => terms.has(name))) return [];
    const grouping = lasting.terms.has('expected_scopes') ? groupings.expected : groupings.scopes;
    return piecesOf(context, lasting, grouping, at);
  };
  const there = await read(['scopes', 'expected_scopes'], scopesThere(scopes));
  const never = await read(['expected_scopes'], neverReported(expected));
  const fresh = await read(['fresh_scopes'], freshThanks(scopes, ends, context.dialect));
  const heard = await read(['heard_scopes'], heardThanks(scopes, ends));
  const failing = await read(['failing_scopes'], failingSince(scopes, ends));
  const complete = await read(['staleness'], lastComplete(scopes, ends));
  const covered = await read(['cells_covered', 'cells_known'], lastCoverage(scopes, ends));
  const runs = await read(['runs', 'failed_runs', 'run_time', 'timed_runs'], runsPassing(scopes));

  const { length } = groupings.scopes.groups;
  const gauge =
    (pieces: readonly Piece[], nothing: 0 | null = 0, term = 0) =>
    (): Rows =>
      laidOut(pieces, term, length, Math.max(past.length - 1, 0), nothing);
  const flow = (term: number) => (): Rows => laidOut(runs, term, length, edges.length - 1, 0);
  const rows: readonly (readonly [string, () => Rows])[] = [
    ['scopes', gauge(there)],
    ['expected_scopes', gauge([...there, ...never])],
    ['fresh_scopes', gauge(fresh)],
    ['heard_scopes', gauge(heard)],
    ['failing_scopes', gauge(failing)],
    ['staleness', () => ages(smallest(complete, length, Math.max(past.length - 1, 0)), past)],
    ['cells_covered', gauge(covered, null, 0)],
    ['cells_known', gauge(covered, null, 1)],
    ['runs', flow(0)],
    ['failed_runs', flow(1)],
    ['run_time', flow(2)],
    ['timed_runs', flow(3)],
  ];
  return new Map(rows.filter(([term]) => terms.has(term)).map(([term, make]) => [term, make()]));
}

/** Times into ages at the end of each interval. */
function ages({ groups, others, total }: Rows, edges: readonly number[]): Rows {
  const aged = (row: readonly (number | null)[]): (number | null)[] =>
    row.map((time, place) => (time === null ? null : (edges[place + 1] ?? 0) - time));
  return { groups: groups.map(aged), others: aged(others), total: aged(total) };
}
