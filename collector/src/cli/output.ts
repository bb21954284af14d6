import picocolors from 'picocolors';
import { messageOf, SightlineError } from '../errors.ts';
import { type Severity, SEVERITIES } from '../findings/severity.ts';

/** What output needs to know of the context. */
export interface Terminal {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly interactive: boolean;
}

/**
 * C0 and C1 control characters, the line and paragraph separators, and the marks that turn the direction of writing:
 * with them a report could move the cursor, set the window's title, or show a name that is none.
 */
const CONTROLS = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/** Text of a report, safe for a terminal: one line, nothing that a terminal would obey. */
export function printable(text: string): string {
  return text.replace(CONTROLS, ' ');
}

/** The same, cut to what fits into a column. */
export function clipped(text: string, width: number): string {
  const safe = Array.from(printable(text));
  return safe.length <= width ? safe.join('') : `${safe.slice(0, Math.max(0, width - 1)).join('')}…`;
}

export function writeLine(stream: NodeJS.WritableStream, line = ''): void {
  stream.write(`${line}\n`);
}

/** One document on one line: `jq`, `while read` and log shippers take it as it is. */
export function writeJson(stream: NodeJS.WritableStream, document: unknown): void {
  stream.write(`${JSON.stringify(document)}\n`);
}

export type Paint = ReturnType<typeof picocolors.createColors>;

/** Colours for standard output; without effect in a pipe, in CI and where NO_COLOR is set. */
export function paintFor({ stdout, interactive }: Terminal): Paint {
  return picocolors.createColors(interactive && 'isTTY' in stdout && stdout.isTTY === true);
}

export function paintSeverity(paint: Paint, severity: Severity, text: string = severity): string {
  switch (severity) {
    case 'CRITICAL':
      return paint.bold(paint.magenta(text));
    case 'HIGH':
      return paint.red(text);
    case 'MEDIUM':
      return paint.yellow(text);
    case 'LOW':
      return paint.cyan(text);
    case 'INFORMATIONAL':
      return paint.dim(text);
  }
}

/** CRITICAL first. */
export const WORST_FIRST: readonly Severity[] = [...SEVERITIES].reverse();

/** Counts of the severities that occur. */
export function countSeverities(
  findings: Iterable<{ readonly severity: Severity }>,
): Partial<Record<Severity, number>> {
  const counts: Partial<Record<Severity, number>> = {};
  for (const { severity } of findings) counts[severity] = (counts[severity] ?? 0) + 1;
  return counts;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

/** `1.4 MB`: powers of 1000, as disks and buckets count. */
export function byteText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ''}`;
}

/** `2026-11-20 04:12 UTC` */
export function timeText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

export interface ErrorDocument {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

const DEFECT_HINT =
  'This is a defect of Sightline. Run it again with --verbose and report what it prints, without secrets.';

/** What is said of any thrown value: never a stack. */
export function errorDocument(error: unknown): ErrorDocument {
  if (error instanceof SightlineError) {
    // A configuration with several mistakes says each on a line of its own.
    const message = error.message.split('\n').map(printable).join('\n');
    return { code: error.code, message, hint: printable(error.hint) };
  }
  return { code: 'defect', message: printable(messageOf(error)), hint: DEFECT_HINT };
}

export interface ErrorStyle {
  readonly json: boolean;
  readonly verbose: boolean;
}

/** Says on standard error what went wrong and what to do next. */
export function printError(terminal: Terminal, error: unknown, { json, verbose }: ErrorStyle): void {
  const document = errorDocument(error);
  const paint = picocolors.createColors(terminal.interactive);
  if (json) {
    writeJson(terminal.stderr, { error: document });
  } else {
    writeLine(terminal.stderr, `${paint.red('error:')} ${document.message}`);
    writeLine(terminal.stderr, `  ${paint.dim('→')} ${document.hint}`);
  }
  if (verbose && error instanceof Error) writeLine(terminal.stderr, stackOf(error));
}

function stackOf(error: Error): string {
  const lines = (error.stack ?? '').split('\n').map(printable);
  const cause = error.cause instanceof Error ? `\ncaused by: ${stackOf(error.cause)}` : '';
  return lines.join('\n') + cause;
}
