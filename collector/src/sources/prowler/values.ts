import { scoreOfSeverity, severityOfScore, type Severity } from '../../findings/severity.ts';
import type { EpochMs } from '../../findings/model.ts';

export const NO_TAGS: Readonly<Record<string, string>> = Object.freeze({});

const SEVERITY: ReadonlyMap<string, Severity> = new Map([
  ['critical', 'CRITICAL'],
  ['high', 'HIGH'],
  ['medium', 'MEDIUM'],
  ['low', 'LOW'],
  ['informational', 'INFORMATIONAL'],
  ['info', 'INFORMATIONAL'],
  // Prowler 3 appended "ED" to this word too when it wrote ASFF.
  ['infoed', 'INFORMATIONAL'],
]);

export interface Rating {
  readonly severity: Severity;
  readonly score: number;
  readonly severityOriginal: string | null;
}

/** A word Prowler does not use, or none, is MEDIUM: it failed, and how badly is not known. */
export function ratingOf(word: string, score: number | null): Rating {
  const label = word.trim();
  const known = SEVERITY.get(label.toLowerCase());
  if (known !== undefined) return { severity: known, score: scoreOfSeverity(known), severityOriginal: label };
  if (score !== null && score >= 0 && score <= 100) {
    return {
      severity: severityOfScore(score),
      score,
      severityOriginal: label === '' ? String(score) : label,
    };
  }
  return {
    severity: 'MEDIUM',
    score: scoreOfSeverity('MEDIUM'),
    severityOriginal: label === '' ? null : label,
  };
}

const ISO = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;
/** From here on (the year 5138 in seconds) a bare number is milliseconds. */
const SECONDS_END = 1e11;

/** ISO 8601 (UTC where it names no zone), or Unix time: in seconds as Prowler writes it, or in milliseconds. */
export function timeOf(text: string | null): EpochMs | null {
  if (text === null || text === '') return null;
  if (/^\d+(\.\d+)?$/.test(text)) {
    const number = Number(text);
    if (!(number > 0)) return null;
    return number < SECONDS_END ? Math.floor(number * 1000) : valid(Math.floor(number));
  }
  const parts = ISO.exec(text.trim());
  if (parts === null) return null;
  const [, day, clock, fraction, zone] = parts;
  const millis = (fraction ?? '.0').slice(1, 4).padEnd(3, '0');
  return valid(Date.parse(`${day ?? ''}T${clock ?? ''}.${millis}${(zone ?? 'Z').toUpperCase()}`));
}

function valid(ms: number): EpochMs | null {
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? ms : null;
}

/** `a | b`, Prowler's way to put a list into one column; older versions used commas. */
export function listOf(text: string): string[] {
  const separator = text.includes('|') ? '|' : ',';
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Links only, each once; Prowler puts command lines among its references. */
export function linksOf(candidates: readonly string[]): string[] {
  const links = new Set<string>();
  for (const candidate of candidates) {
    const link = candidate.trim();
    if (/^https?:\/\/[^\s<>"]+$/i.test(link)) links.add(link);
  }
  return [...links];
}

/** `CIS-2.0: 1.12, 1.13 | ENS: op.acc.1` → `CIS-2.0:1.12`, … */
export function frameworksOfText(text: string): string[] {
  return text.split(' | ').flatMap(frameworksOfEntry);
}

/** `CIS-2.0: 1.12, 1.13` */
export function frameworksOfEntry(entry: string): string[] {
  const colon = entry.indexOf(': ');
  if (colon <= 0) return [];
  const controls = entry.slice(colon + 2).split(',');
  return frameworksOf(entry.slice(0, colon), controls);
}

export function frameworksOf(name: string, controls: readonly string[]): string[] {
  return controls.map((control) => `${name.trim()}:${control.trim()}`).filter((pair) => !pair.endsWith(':'));
}

/**
 * Prowler 2 has one column for the ids of Spain's ENS, divided by spaces, or the words "Software and Configuration
 * Checks", which name no framework.
 */
export function frameworksOfVersion2(text: string): string[] {
  return text
    .split(/[\s,]+/)
    .filter((word) => word.startsWith('ens-'))
    .map((word) => `ENS:${word.slice(4)}`);
}

/** Keys that AWS itself sets hold colons: `aws:cloudformation:stack-name:web`. */
const AWS_LABEL = /^(aws:(?:[a-z0-9-]+:[A-Za-z-]+|[A-Za-z]+)):(.*)$/s;

/** `env:prod`, as OCSF labels are. */
export function tagOfLabel(label: string): readonly [string, string] {
  const aws = AWS_LABEL.exec(label);
  if (aws !== null) return [aws[1] ?? '', aws[2] ?? ''];
  return divided(label, ':');
}

/** `env=prod | owner=web`, as in CSV. */
export function tagsOfText(text: string): Readonly<Record<string, string>> {
  if (text === '') return NO_TAGS;
  return tagsOf(listOf(text).map((pair) => (pair.includes('=') ? divided(pair, '=') : tagOfLabel(pair))));
}

export function tagsOf(pairs: readonly (readonly [string, string])[]): Readonly<Record<string, string>> {
  const named = pairs.filter(([key]) => key !== '');
  return named.length === 0 ? NO_TAGS : Object.fromEntries(named);
}

function divided(text: string, by: string): readonly [string, string] {
  const at = text.indexOf(by);
  return at < 0 ? [text.trim(), ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}
