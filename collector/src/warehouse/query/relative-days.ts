import type { Filter } from './request.ts';

/** Dimensions that are days. */
const DAYS: ReadonlySet<string> = new Set(['openedOn', 'dueOn', 'endsOn']);
const RELATIVE = /^(-?\d{1,5})d$/;
const DAY_MS = 86_400_000;

/**
 * Filters on days with dates in place of days counted from the range's end: what a rule or a panel asks day after day is written
 * down once.
 * @param to the range's end, milliseconds
 */
export function datedFilters(filters: readonly Filter[], to: number): Filter[] {
  return filters.map((filter) =>
    DAYS.has(filter.field)
      ? { ...filter, values: filter.values.map((value) => dateOf(value, to)) }
      : { ...filter },
  );
}

function dateOf(value: string, to: number): string {
  const days = RELATIVE.exec(value)?.[1];
  if (days === undefined) return value;
  const date = new Date(to + Number(days) * DAY_MS);
  return Number.isNaN(date.getTime()) ? value : date.toISOString().slice(0, 10);
}
