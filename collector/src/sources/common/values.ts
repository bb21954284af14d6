import type { EpochMs } from '../../findings/model.ts';
import { scoreOfSeverity, type Severity } from '../../findings/severity.ts';

/** Shared by all observations that have none, so that they cost nothing. */
export const NO_TAGS: Readonly<Record<string, string>> = Object.freeze({});
export const NOTHING: readonly string[] = Object.freeze([]);

const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(\.\d+)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;
/** From here on (the year 5138 in seconds) a bare number is milliseconds. */
const SECONDS_END = 1e11;

/** ISO 8601 (UTC where it names no zone), or Unix time in seconds or milliseconds; null where it is no time. */
export function timeOf(value: string | number | null | undefined): EpochMs | null {
  if (value === null || value === undefined || value === '') return null;
  const text = String(value).trim();
  if (/^\d+(\.\d+)?(?:e\+?\d+)?$/i.test(text)) {
    const number = Number(text);
    if (!(number > 0)) return null;
    return valid(Math.floor(number < SECONDS_END ? number * 1000 : number));
  }
  const parts = ISO.exec(text);
  if (parts === null) return null;
  const [, day = '', clock = '00:00', fraction = '.0', zone = 'Z'] = parts;
  const seconds = clock.length === 5 ? `${clock}:00` : clock;
  const millis = fraction.slice(1, 4).padEnd(3, '0');
  const offset = zone.length === 3 ? `${zone}:00` : zone.toUpperCase();
  return valid(Date.parse(`${day}T${seconds}.${millis}${offset}`));
}

function valid(ms: number): EpochMs | null {
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? ms : null;
}

/** The newest of the times that are ones; null where none is. */
export function newest(times: readonly (EpochMs | null)[]): EpochMs | null {
  return times.reduce((a, b) => (a === null ? b : b === null ? a : Math.max(a, b)), null);
}

/** Links only, each once; scanners put command lines and prose among them. */
export function linksOf(candidates: readonly string[]): string[] {
  const links = new Set<string>();
  for (const candidate of candidates) {
    for (const word of candidate.split(/[\s<>"]+/)) if (/^https?:\/\/\S+$/i.test(word)) links.add(word);
  }
  return [...links];
}

export function tagsOf(
  pairs: readonly (readonly [string, string | null | undefined])[],
): Readonly<Record<string, string>> {
  const named = pairs.filter((pair): pair is readonly [string, string] => pair[0] !== '' && pair[1] != null);
  return named.length === 0 ? NO_TAGS : Object.fromEntries(named);
}

export function orNull(text: string | null | undefined): string | null {
  const trimmed = text?.trim() ?? '';
  return trimmed === '' ? null : trimmed;
}

/** The first that says something, or ''. */
export function firstOf(...texts: readonly (string | null | undefined)[]): string {
  for (const text of texts) if (text !== null && text !== undefined && text.trim() !== '') return text.trim();
  return '';
}

export interface Rating {
  readonly severity: Severity;
  readonly score: number;
  readonly severityOriginal: string | null;
}

const BANDS: Record<Severity, readonly [number, number]> = {
  INFORMATIONAL: [0, 0],
  LOW: [1, 39],
  MEDIUM: [40, 69],
  HIGH: [70, 89],
  CRITICAL: [90, 100],
};

/** A word with the scanner's own name for it, and its score: a CVSS base score, in the word's band, where there is one. */
export function rated(severity: Severity, original: string | null, cvss: number | null = null): Rating {
  if (cvss === null) return { severity, score: scoreOfSeverity(severity), severityOriginal: original };
  const [least, most] = BANDS[severity];
  const score = Math.min(most, Math.max(least, Math.round(cvss * 10)));
  return { severity, score, severityOriginal: original };
}

/** CVSS' own bands: 0 none, below 4 low, below 7 medium, below 9 high, else critical. */
export function severityOfCvss(score: number): Severity {
  if (!(score > 0)) return 'INFORMATIONAL';
  if (score < 4) return 'LOW';
  if (score < 7) return 'MEDIUM';
  return score < 9 ? 'HIGH' : 'CRITICAL';
}

const WORDS: ReadonlyMap<string, Severity> = new Map([
  ['CRITICAL', 'CRITICAL'],
  ['FATAL', 'CRITICAL'],
  ['HIGH', 'HIGH'],
  ['IMPORTANT', 'HIGH'],
  ['MEDIUM', 'MEDIUM'],
  ['MODERATE', 'MEDIUM'],
  ['LOW', 'LOW'],
  ['INFORMATIONAL', 'INFORMATIONAL'],
  ['INFORMATION', 'INFORMATIONAL'],
  ['INFO', 'INFORMATIONAL'],
  ['NEGLIGIBLE', 'INFORMATIONAL'],
  ['NONE', 'INFORMATIONAL'],
  ['UNKNOWN', 'INFORMATIONAL'],
  ['UNDEFINED', 'INFORMATIONAL'],
  ['UNTRIAGED', 'INFORMATIONAL'],
]);

/** Words that most scanners share; undefined for any other. */
export function severityOfWord(word: string | null | undefined): Severity | undefined {
  return WORDS.get(word?.trim().toUpperCase() ?? '');
}

const CVE = /\bCVE-\d{4}-\d{4,}\b/gi;

/** The CVE numbers in the texts, in capitals, each once. */
export function cvesIn(...texts: readonly (string | null | undefined)[]): string[] {
  return [...new Set(texts.flatMap((text) => text?.match(CVE) ?? []).map((cve) => cve.toUpperCase()))];
}

/** `CWE-79` of `79`, `CWE-79`, `cwe79`; each once, without those that name none. */
export function cwesOf(values: readonly (string | number | null | undefined)[]): string[] {
  const ids = values.flatMap((value) => {
    const number = /^(?:cwe[-_ ]?)?0*(\d{1,5})\b/i.exec(String(value ?? '').trim())?.[1];
    return number === undefined || number === '0' ? [] : [`CWE-${number}`];
  });
  return [...new Set(ids)];
}

/** A purl without its version, qualifiers and subpath; the qualifiers hold architecture and distribution. */
export function purlWithoutVersion(purl: string): string {
  const bare = purl.replace(/[?#].*$/s, '');
  const at = bare.lastIndexOf('@');
  return at > bare.lastIndexOf('/') ? bare.slice(0, at) : bare;
}

/** Groups the same vulnerability of the same package, wherever it is installed and whichever source says so; never merges. */
export function packageCorrelation(vulnerability: string, packageName: string): string {
  return `${vulnerability.trim()}|${packageName.trim()}`.toLowerCase();
}

/** Texts of web scanners hold HTML: what a person would read of it. */
export function plainText(html: string): string {
  return html
    .replace(/<\/(?:p|li|div)>|<br\s*\/?>/gi, '\n')
    .replace(/<[a-z/!][^>]*>/gi, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#0?39;|&apos;/g, "'")
    .replace(/&nbsp;/g, ' ')
    .replace(/&amp;/g, '&')
    .replace(/[ \t]+/g, ' ')
    .replace(/ ?\n\s*/g, '\n')
    .trim();
}

const LONGEST = 4000;

/** Free text of a report, without NUL, cut to what a person reads; null where there is none. */
export function prose(text: string | null | undefined): string | null {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  const clean = (text ?? '').replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '').trim();
  if (clean === '') return null;
  return clean.length <= LONGEST ? clean : `${clean.slice(0, LONGEST - 1)}…`;
}
