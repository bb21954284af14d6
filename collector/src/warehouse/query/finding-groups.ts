import type { QueryContext } from './context.ts';
import { UNBOUNDED } from './dimensions.ts';
import { momentsOf, type Moments, type MomentsRequest, type Order } from './finding-moments.ts';
import { nothingOf, termOf } from './finding-terms.ts';

const BY_OPEN: Order = { by: 'measure', measure: 'open' };

/**
 * Groups by terms that only what was fixed has: read from what was fixed alone, they are those where something was. The others of
 * the window have no value and come after them, as they do of every other measure. Nobody looks for resources of which nothing was
 * fixed, nor for the worst of a group that has none.
 */
export async function groupsByMeasure(context: QueryContext, request: MomentsRequest): Promise<Moments> {
  const { dimensions, terms, order, limit, perGroup } = request;
  const few = dimensions.length > 0 && perGroup === null && !dimensions.some((name) => UNBOUNDED.has(name));
  if (!few || !terms.every(isOfFixed)) return momentsOf(context, request);
  if (order.by === 'dimension') return inOrder(context, request);
  const fixed = await momentsOf(context, request);
  const all = await momentsOf(context, {
    ...request,
    terms: ['d_open'],
    order: BY_OPEN,
    limit: limit + fixed.groups.length,
  });
  const known = new Set(fixed.groups.map(({ group }) => JSON.stringify(group)));
  const others = all.groups.filter(({ group }) => !known.has(JSON.stringify(group)));
  return {
    ...fixed,
    groups: [...fixed.groups, ...others.map(({ group }) => ({ group, values: nothing(request) }))].slice(
      0,
      limit,
    ),
    groupCount: all.groupCount,
    cut: all.groupCount > limit,
  };
}

/** In the order of a dimension the groups are known without what was fixed. */
async function inOrder(context: QueryContext, request: MomentsRequest): Promise<Moments> {
  const all = await momentsOf(context, { ...request, terms: ['d_open'] });
  const only = all.groups.map(({ group }) => group);
  const fixed = await momentsOf(context, { ...request, ...(only.length <= FEW ? { only } : {}) });
  const found = new Map(fixed.groups.map(({ group, values }) => [JSON.stringify(group), values]));
  const groups = only.map((group) => ({
    group,
    values: found.get(JSON.stringify(group)) ?? nothing(request),
  }));
  return { ...all, groups, sums: fixed.sums };
}

/** So many groups are named in a statement; beyond that all are read. */
const FEW = 200;

function nothing({ periods, terms }: MomentsRequest): Moments['groups'][number]['values'] {
  return periods.map(() => new Map(terms.map((term) => [term, nothingOf(term)] as const)));
}

function isOfFixed(name: string): boolean {
  const term = termOf(name);
  return term.kind === 'whole' && term.of === 'fixed';
}
