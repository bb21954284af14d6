import type { ReportInput } from '../adapter.ts';

/** An error in a log of Prowler's. */
export interface LogLine {
  /** The Python file it was logged in, without its ending: `s3_service`. */
  readonly module: string;
  /** Its first line. */
  readonly message: string;
}

const WINDOW = 64 * 1024;
/** Of a line that does not end: what an error says stands at its beginning. */
const LONGEST_LINE = 8 * 1024;

/** Looks like JSON and is none: Prowler puts messages between quotes as they are, with their own quotes and line ends. */
const LINE =
  /^\{"timestamp": "[^"]*", "filename": "[^"]*", "level": "(?:ERROR|CRITICAL)", "module": "(\w+)", "message": "(.*)/;
/** The same as it is shown on a terminal, for logs that were caught from there. */
const SHOWN = /\[File: [^\]]*\]\s+\[Module: (\w+)\]\s+(?:ERROR|CRITICAL): (.*)/;

/** The errors in a log (`--log-file`, or what went to standard error). Lines that are none are passed over. */
export function* logLines(input: ReportInput): Generator<LogLine> {
  for (const line of linesOf(input)) {
    const [, module, message] = LINE.exec(line) ?? SHOWN.exec(line) ?? [];
    if (module !== undefined && message !== undefined) {
      yield { module, message: message.replace(/"\}\r?$/, '') };
    }
  }
}

function* linesOf(input: ReportInput): Generator<string> {
  const bytes = Buffer.alloc(WINDOW);
  // Bytes as they are: a window may end within a character, and what is looked for is ASCII.
  let rest = '';
  for (let position = 0; ;) {
    const length = input.readAt(bytes, position);
    if (length <= 0) break;
    position += length;
    const parts = (rest + bytes.toString('latin1', 0, length)).split('\n');
    rest = (parts.pop() ?? '').slice(0, LONGEST_LINE);
    for (const part of parts) yield utf8Of(part);
  }
  if (rest !== '') yield utf8Of(rest);
}

function utf8Of(latin1: string): string {
  return Buffer.from(latin1.slice(0, LONGEST_LINE), 'latin1').toString('utf8');
}
