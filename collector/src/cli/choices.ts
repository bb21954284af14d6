import { InvalidArgumentError } from 'commander';
import { beginOf, endOf } from '../config/dates.ts';
import { nearest } from '../config/nearest.ts';
import type { EpochMs } from '../findings/model.ts';
import { SEVERITIES, type Severity } from '../findings/severity.ts';

/** Readers of option values. Commander says which option an InvalidArgumentError is about. */

/** `a,b` and the option given twice are both lists. */
export function listOf(text: string, before: readonly string[] = []): readonly string[] {
  const values = text
    .split(',')
    .map((value) => value.trim())
    .filter((value) => value !== '');
  if (values.length === 0) throw new InvalidArgumentError('It is empty.');
  return [...before, ...values];
}

/** Like `listOf` for values that may hold commas. */
export function repeated(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

export function severitiesOf(text: string, before: readonly Severity[] = []): readonly Severity[] {
  return [...before, ...listOf(text).map((word) => oneOf(word.toUpperCase(), SEVERITIES))];
}

/** @throws InvalidArgumentError that names the choices, and the one that was meant */
export function oneOf<T extends string>(word: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === word);
  if (found !== undefined) return found;
  const meant = nearest(word, choices);
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
  throw new InvalidArgumentError(`${JSON.stringify(word)} is none of ${choices.join(', ')}.${hint}`);
}

/** Until the end of that day (UTC), or the moment given. */
export function untilOf(text: string): EpochMs {
  return dated(endOf(text));
}

/** Since the start of that day (UTC), or the moment given. */
export function sinceOf(text: string): EpochMs {
  return dated(beginOf(text));
}

function dated(at: EpochMs | undefined): EpochMs {
  if (at !== undefined) return at;
  throw new InvalidArgumentError('Write a date as 2027-03-31, or a time as 2027-03-31T12:00:00Z.');
}

export function countOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a whole number.');
}

/** The beginning of a fingerprint, or all of it. */
export function prefixOf(text: string): string {
  const prefix = text.trim().toLowerCase();
  if (/^[0-9a-f]{1,32}$/.test(prefix)) return prefix;
  throw new InvalidArgumentError('A fingerprint has 32 hexadecimal digits; its beginning will do.');
}
