import { all, ident, join, sql } from '../sql.ts';
import { agesOf } from './finding-ages.ts';
import type { QueryContext } from './context.ts';
import { slotOf } from './edge-slots.ts';
import { isOneOf } from './finding-keys.ts';
import { groupOf, numberOr } from './finding-moments.ts';
import { groupedBy, joined, sourceOf } from './finding-source.ts';
import type { WholesRequest } from './finding-steps.ts';
import { IS_FIXED, termOf, type Whole, wholeValue } from './finding-terms.ts';
import { thingsOf } from './finding-things.ts';

type Line = readonly (number | null)[];

export interface Wholes {
  /** By term, for each of the groups a value per interval. */
  readonly lines: ReadonlyMap<string, readonly Line[]>;
  readonly notices: readonly string[];
}

/** Terms that can't be added up, over time: those that are made of the same rows in one statement. */
export async function wholesOf(context: QueryContext, request: WholesRequest): Promise<Wholes> {
  const lines = new Map<string, readonly Line[]>();
  const notices: string[] = [];
  if (request.groups.length === 0)
    return { lines: new Map(request.terms.map((name) => [name, []])), notices };
  const wholes = request.terms.map((name) => ({ name, term: wholeTerm(name) }));
  const percentiles = wholes.filter(({ term }) => term.distinct === null);
  const open = percentiles.filter(({ term }) => term.of === 'open');
  if (open.length > 0) {
    const quantiles = open.map(({ term }) => term.q);
    const ages = await agesOf(context, request, quantiles);
    for (const [n, { name }] of open.entries()) lines.set(name, ages.lines[n] ?? []);
    notices.push(...ages.notices);
  }
  const fixed = percentiles.filter(({ term }) => term.of === 'fixed');
  if (fixed.length > 0) {
    const found = await fixTimes(context, request, fixed);
    for (const [n, { name }] of fixed.entries()) lines.set(name, found[n] ?? []);
  }
  for (const { name, term } of wholes)
    if (term.distinct !== null) lines.set(name, await thingsOf(context, request, name, term.distinct));
  return { lines, notices };
}

function wholeTerm(name: string): Whole {
  const term = termOf(name);
  if (term.kind !== 'whole') throw new RangeError(`${name} can be added up`);
  return term;
}

/** What is fixed is so once: each interval has its own, and exactly. */
async function fixTimes(
  context: QueryContext,
  request: WholesRequest,
  wholes: readonly { readonly name: string; readonly term: Whole }[],
): Promise<readonly (readonly Line[])[]> {
  const { dimensions, edges, groups } = request;
  const { dialect } = context;
  const source = sourceOf(context, { ...request, terms: wholes.map(({ name }) => name) });
  const { from, values } = joined(source);
  const ofGroups = values.length === 0 ? [] : [isOneOf(values, groups)];
  const slot = slotOf(ident('h.ended'), edges, dialect);
  const found = wholes.map(({ term }) => wholeValue(term, sql`true`, 0, dialect));
  const { rows } = await context.run(sql`select ${join([...values, slot, ...found])} from ${from}
    where ${all([source.where, ...ofGroups])} and ${IS_FIXED}
      and h.ended >= ${edges[0] ?? 0} and h.ended < ${edges.at(-1) ?? 0}${groupedBy(values.length + 1)}`);
  const width = dimensions.length;
  const places = new Map(groups.map((group, place) => [JSON.stringify(group), place]));
  return wholes.map((_, n) => {
    const lines = groups.map(() => new Array<number | null>(edges.length - 1).fill(null));
    for (const row of rows) {
      const line = lines[places.get(JSON.stringify(groupOf(row, 0, width))) ?? -1];
      if (line !== undefined) line[numberOr(row[width], 0)] = numberOr(row[width + 1 + n], null);
    }
    return lines;
  });
}
