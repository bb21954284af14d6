import { FORMULAS } from '../query/formulas.ts';
import { type Measure, MEASURE, type Unit } from '../query/measures.ts';

/**
 * Names of Grafana's units. Counts are shown whole (412,331): `short` would make 412 K of them, and a panel's defaults can't
 * undo a unit that comes with the data.
 */
const UNITS: Readonly<Record<Unit, string>> = {
  count: 'locale',
  ratio: 'percentunit',
  milliseconds: 'ms',
  points: 'short',
  time: 'dateTimeAsIso',
};

export function unitOf(unit: Unit): string {
  return UNITS[unit];
}

/** Without the digits that nobody sees and every answer would carry. */
export function rounded(value: number | null, unit: Unit): number | null {
  if (value === null || !Number.isFinite(value)) return null;
  if (unit === 'ratio') return Math.round(value * 1e6) / 1e6;
  return unit === 'milliseconds' || unit === 'time' ? Math.round(value) : value;
}

/** Whether the sum of groups is the measure of all of them. */
export function addsUp(measure: Measure): boolean {
  return FORMULAS[measure].additive && isCount(measure);
}

/** What a group that is not in an answer has: nothing of what is counted; of checks nobody knows. */
export function missingValue(measure: Measure): 0 | null {
  return isCount(measure) && MEASURE[measure].subject !== 'checks' ? 0 : null;
}

function isCount(measure: Measure): boolean {
  const { unit } = MEASURE[measure];
  return unit === 'count' || unit === 'points';
}
