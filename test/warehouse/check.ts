import type { QueryAnswer } from '../../collector/src/warehouse/contract.ts';
import { FORMULAS } from '../../collector/src/warehouse/query/formulas.ts';
import { UNBOUNDED } from '../../collector/src/warehouse/query/dimensions.ts';
import { MEASURE, type Measure } from '../../collector/src/warehouse/query/measures.ts';
import type {
  Group,
  SummaryResult,
  SummaryRow,
  TrendResult,
} from '../../collector/src/warehouse/query/result.ts';
import type { MirroredWarehouse } from '../../collector/src/warehouse/warehouse.ts';
import { calendarProblem } from './calendar.ts';
import { accessOf, bodyOf, type Case, simpler } from './cases.ts';
import { type Answer, keyOf, type Model } from './model/measures.ts';

type Asked = Pick<MirroredWarehouse, 'query'>;

/** What is wrong with the warehouse's answer to a case; null where the model says the same. */
export async function problemOf(warehouse: Asked, model: Model, asked: Case): Promise<string | null> {
  const { results } = await warehouse.query(bodyOf(asked), accessOf(asked), {});
  const answer: QueryAnswer | undefined = results.get('A');
  if (answer === undefined) return 'there is no answer';
  if (!answer.ok) return `refused: ${answer.error.detail} ${JSON.stringify(answer.error)}`;
  const seen = model.seenBy({ accounts: asked.accounts, teams: asked.teams });
  const { result } = answer;
  if (result.kind === 'trend') return trendProblem(result, seen, asked) ?? groupsProblem(result, seen, asked);
  if (result.kind === 'summary')
    return summaryProblem(result, seen, asked) ?? groupsProblem(result, seen, asked);
  return `it is a result of the kind ${result.kind}`;
}

/** The range that is asked for: of its length, and up to `asOf`. */
function rangeOf({ from, to, asOf }: Case): { from: number; to: number } {
  return asOf === null ? { from, to } : { from: asOf - (to - from), to: asOf };
}

function ask(model: Model, { groupBy, filters }: Case, measure: Measure, from: number, to: number): Answer {
  return model.answer({ measure, dimensions: groupBy, filters, from, to });
}

/** Largest relative difference that comes of adding in another order. */
const EPSILON = 1e-9;

export function sameNumber(a: number | null | undefined, b: number | null | undefined): boolean {
  if (a == null || b == null) return (a ?? null) === (b ?? null);
  return Math.abs(a - b) <= EPSILON * Math.max(1, Math.abs(a), Math.abs(b));
}

/** Measures whose values may be added up as they are. */
function addsUp(measure: Measure): boolean {
  return FORMULAS[measure].additive && FORMULAS[measure].terms.length === 1;
}

function summaryProblem(result: SummaryResult, model: Model, asked: Case): string | null {
  const { from, to } = rangeOf(asked);
  for (const [index, measure] of asked.measures.entries()) {
    const now = ask(model, asked, measure, from, to);
    const before = ask(model, asked, measure, from - (to - from), from);
    const value = (row: SummaryRow): number | null | undefined => row.values[index];
    const previous = (row: SummaryRow): number | null | undefined => row.previous?.[index];
    const problem =
      rowsProblem(measure, result.rows, now, value, asked) ??
      (asked.compare ? rowsProblem(`previous ${measure}`, result.rows, before, previous, asked) : null);
    if (problem !== null) return problem;
    if (!sameNumber(value(result.total), now.total))
      return `${measure} in all is ${value(result.total)}, and not ${now.total}`;
    if (asked.compare && !sameNumber(previous(result.total), before.total))
      return `${measure} in all was ${previous(result.total)}, and not ${before.total}`;
  }
  return null;
}

function rowsProblem(
  what: string,
  rows: readonly SummaryRow[],
  wanted: Answer,
  value: (row: SummaryRow) => number | null | undefined,
  asked: Case,
): string | null {
  const shown = new Set<string>();
  for (const row of rows) {
    if (row.group === null) continue;
    const key = keyOf(row.group);
    if (shown.has(key)) return `${key} is there twice`;
    shown.add(key);
    const number = wanted.groups.has(key) ? wanted.groups.get(key) : wanted.nothing;
    if (!sameNumber(value(row), number)) return `${what} of ${key} is ${value(row)}, and not ${number}`;
  }
  return missingProblem(what, shown, wanted, asked);
}

/** Groups may be left out only where there are more than were asked for, or where there is nothing in them. */
function missingProblem(
  what: string,
  shown: ReadonlySet<string>,
  wanted: Answer,
  asked: Case,
): string | null {
  if (shown.size >= asked.limit) return null;
  for (const [key, value] of wanted.groups) {
    if (!shown.has(key) && value !== 0 && value !== null)
      return `${what} of ${key} is ${value}, and is not shown`;
  }
  return null;
}

/** Which groups there are depends on nothing but the window: not on what is measured, nor on where it is read. */
function groupsProblem(result: TrendResult | SummaryResult, model: Model, asked: Case): string | null {
  const { groupBy, filters, measures } = asked;
  const ofFindings = measures.every((measure) => MEASURE[measure].subject === 'findings');
  // Of what there may be a million, only what has something is there.
  if (!ofFindings || groupBy.length === 0 || groupBy.some((dimension) => UNBOUNDED.has(dimension)))
    return null;
  const { from, to } = rangeOf(asked);
  const own =
    result.kind === 'trend' ? result.series.filter(({ period }) => period === 'current') : result.rows;
  const shown = new Set(own.flatMap(({ group }) => (group === null ? [] : [keyOf(group)])));
  const start =
    result.kind === 'trend'
      ? Math.min(from, result.times[0] ?? from)
      : asked.compare
        ? from - (to - from)
        : from;
  const seen = model.seen({ dimensions: groupBy, filters, from: start, to }, measures.includes('findings'));
  for (const key of shown) if (!seen.has(key)) return `${key} is shown, and nothing was in it`;
  if (shown.size !== Math.min(seen.size, asked.limit))
    return `${shown.size} of ${seen.size} groups are shown: not ${[...seen].filter((key) => !shown.has(key)).join(' ')}`;
  const total = result.cut?.total ?? shown.size;
  return total === seen.size ? null : `there are ${seen.size} groups, and not ${total}`;
}

function trendProblem(result: TrendResult, model: Model, asked: Case): string | null {
  const { from, to } = rangeOf(asked);
  const wrong = calendarProblem(result.times, {
    from,
    to,
    timezone: asked.timezone,
    interval: asked.interval,
  });
  if (wrong !== null) return wrong;
  const edges = [...result.times, to];
  for (const measure of asked.measures) {
    const own = result.series.filter((series) => series.measure === measure && series.period === 'current');
    const shown = new Set(own.filter(({ group }) => group !== null).map(({ group }) => keyOf(group ?? [])));
    if (shown.size !== own.filter(({ group }) => group !== null).length)
      return `a series of ${measure} is there twice`;
    for (const [at, start] of result.times.entries()) {
      const wanted = ask(model, asked, measure, start, edges[at + 1] ?? to);
      for (const { group, values } of own) {
        const number = group === null ? othersOf(measure, wanted, shown) : valueOf(wanted, group);
        if (number !== undefined && !sameNumber(values[at], number))
          return `${measure} of ${group === null ? 'others' : keyOf(group)} in interval ${at} (${start} to ${edges[at + 1] ?? to}) is ${values[at]}, and not ${number}`;
      }
      const problem = missingProblem(measure, shown, wanted, asked);
      if (problem !== null) return `${problem} in interval ${at}`;
    }
  }
  return null;
}

function valueOf({ groups, nothing }: Answer, group: Group): number | null {
  const key = keyOf(group);
  return groups.has(key) ? (groups.get(key) ?? null) : nothing;
}

/** What is in none of the shown groups; undefined where groups can't be added up. */
function othersOf(measure: Measure, wanted: Answer, shown: ReadonlySet<string>): number | null | undefined {
  if (!addsUp(measure)) return undefined;
  let sum = wanted.nothing;
  for (const [key, value] of wanted.groups) {
    if (!shown.has(key) && value !== null) sum = (sum ?? 0) + value;
  }
  return sum;
}

/** The simplest case that still fails, and how. */
export async function smallest(
  warehouse: Asked,
  model: Model,
  asked: Case,
  problem: string,
): Promise<{ readonly asked: Case; readonly problem: string }> {
  for (const candidate of simpler(asked)) {
    const still = await problemOf(warehouse, model, candidate);
    if (still !== null && !still.startsWith('refused')) return smallest(warehouse, model, candidate, still);
  }
  return { asked, problem };
}
