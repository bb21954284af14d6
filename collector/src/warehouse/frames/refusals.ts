import { UNBOUNDED } from '../query/dimensions.ts';
import type { Query, SummaryQuery } from '../query/request.ts';
import { addsUp } from './units.ts';

/**
 * Why a query can't be shaped as it asks, as a sentence with the next step; null where it can. Known before anything is run.
 */
export function refuseFormat(query: Query): string | null {
  if (query.type === 'trend') {
    const unbounded = unboundedOf(query.groupBy);
    return unbounded === null
      ? null
      : `a trend can't have a series per ${unbounded}, there are too many: group by something else, or use type=summary`;
  }
  return query.type === 'summary' ? refuseSummary(query) : null;
}

/**
 * Why an alert rule can't be built on a query; null where it can. A rule needs numbers that are told apart by few lasting
 * labels: whatever has other labels each time, or cuts what it shows, tells of ends that are none.
 */
export function refuseForAlert(query: Query): string | null {
  switch (query.type) {
    case 'findings':
    case 'events':
      return `${query.type} are rows, and an alert rule needs numbers: count them with type=summary, format=numeric`;
    case 'runs':
      return 'runs are rows and states, and an alert rule needs numbers: ask for staleness, freshScopes or failedRuns with type=summary, format=numeric';
    case 'sql':
      // By its columns: index.ts looks when they are known.
      return null;
    case 'trend':
      return refuseMeasures(query) ?? refuseFormat(query);
    case 'summary':
      if (query.format !== 'numeric')
        return `format=${query.format} can't be alerted on: use format=numeric, which has one number per group`;
      return refuseMeasures(query) ?? refuseFormat(query);
  }
}

function refuseMeasures(query: Extract<Query, { type: 'trend' | 'summary' }>): string | null {
  if (query.measures.length > 1)
    return 'an alert rule reads one measure per query, else two results have the same labels: ask for each in a query of its own';
  return query.compare === 'previous'
    ? 'a value and the one before have the same labels, which an alert rule refuses: use type=summary with compare=change'
    : null;
}

function refuseSummary(query: SummaryQuery): string | null {
  const { format, groupBy, measures, compare, perGroup } = query;
  const [first] = measures;
  if (perGroup !== undefined) {
    if (groupBy.length < 2)
      return `perGroup picks the largest of each group of all dimensions but the last, so it takes at least two in groupBy; there are ${groupBy.length}`;
    if (format !== 'table' && format !== 'numeric')
      return `format=${format} shows groups whole: use perGroup with format=table or numeric`;
  }
  switch (format) {
    case 'numeric': {
      // Of each group few come back, however many there are.
      const unbounded = unboundedOf(perGroup === undefined ? groupBy : groupBy.slice(0, -1));
      if (unbounded !== null)
        return `format=numeric makes a label of each dimension, and ${unbounded} has no bound: group by something else and show it by a second query`;
      if (measures.length > 1) return 'format=numeric takes one measure: ask for each in a query of its own';
      return compare === 'previous'
        ? 'format=numeric has one number per group: use compare=change for the difference'
        : null;
    }
    case 'pivot': {
      const [, column] = groupBy;
      if (groupBy.length !== 2 || column === undefined)
        return `format=pivot takes two dimensions in groupBy, rows and columns; there are ${groupBy.length}`;
      if (UNBOUNDED.has(column)) return `format=pivot can't have a column per ${column}: put it first`;
      return compare === 'previous' ? 'format=pivot shows values or, with compare=change, changes' : null;
    }
    case 'flame':
      if (groupBy.length === 0) return 'format=flame has a level per dimension: name one in groupBy';
      if (measures.length > 1) return 'format=flame takes one measure: its values are widths';
      if (first !== undefined && !addsUp(first))
        return `format=flame adds up groups, and ${first} of several groups is not the sum of theirs: use open, riskScore or another count`;
      return compare === 'none' ? null : 'format=flame compares nothing: use format=table';
    case 'table':
    case 'ageBuckets':
      return null;
  }
}

function unboundedOf(groupBy: readonly string[]): string | null {
  return groupBy.find((dimension) => UNBOUNDED.has(dimension)) ?? null;
}
