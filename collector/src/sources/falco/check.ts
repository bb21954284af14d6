import type { EpochMs } from '../../findings/model.ts';
import { timeOf } from '../common/values.ts';
import { SEVERITY_OF } from './severity.ts';

/**
 * What the adapter would refuse an event for, at the price of a few comparisons: for events that come by the thousand in a second.
 * @returns what is wrong with it; undefined where nothing is
 */
export function falcoProblem(event: unknown, newest: EpochMs): string | undefined {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return 'is no JSON object';
  const { rule, priority, output, time } = event as Readonly<Record<string, unknown>>;
  if (typeof rule !== 'string' || rule === '') return 'names no rule';
  if (typeof output !== 'string') return 'has no output';
  if (typeof priority !== 'string' || SEVERITY_OF.get(priority.toLowerCase()) === undefined) {
    return 'has no priority that Falco has';
  }
  const at = typeof time === 'string' ? timeOf(time) : null;
  if (at === null) return 'has no time';
  if (at > newest) return 'has a time in the future: check the clock of its host';
  return undefined;
}
