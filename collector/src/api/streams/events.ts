import { isUtf8 } from 'node:buffer';
import * as zlib from 'node:zlib';
import { ReportError } from '../../errors.ts';
import type { EpochMs, ScopeReport, SourceId } from '../../findings/model.ts';
import { FUTURE_TOLERANCE_MS, observedAtOf, readReport } from '../../ingest/ingest.ts';
import { envelopeOf, type Events, type Feed, withoutSecretsIn } from '../../ingest/spool/index.ts';
import { falcoProblem } from '../../sources/falco/check.ts';
import { mayHoldSecrets } from '../../sources/falco/redaction.ts';
import { bufferInput } from '../../sources/input/index.ts';
import { JsonCursor } from '../../sources/json/cursor.ts';
import { badRequest, HttpProblem } from '../problem.ts';

/** What a request may bring in all, unpacked. */
export const MAX_REQUEST_BYTES = 8 * 1024 ** 2;
export const MAX_EVENT_BYTES = 1024 ** 2;
/** No event of Falco's has 4 levels, none of EventBridge's 16. */
const MAX_DEPTH = 32;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const BLANK = 0x20;

export interface Given extends Events {
  /** Events that are no findings: acknowledged, as they would come again and again, and not kept. */
  readonly ignored: number;
  /** What they were, for the log; each once. */
  readonly ignoredTypes: readonly string[];
}

/** One event, as it was sent, and what it says. */
interface Sent {
  readonly text: Buffer;
  readonly value: unknown;
}

/** @throws HttpProblem 400, 413, 415 */
export function unpacked(body: Buffer, encoding: string | undefined): Buffer {
  if (encoding === undefined || encoding === 'identity') return body;
  if (encoding !== 'gzip') {
    throw new HttpProblem(415, 'Unsupported media type', 'The Content-Encoding is not gzip.');
  }
  try {
    return zlib.gunzipSync(body, { maxOutputLength: MAX_REQUEST_BYTES });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge();
    throw badRequest('The body is not packed with gzip, as its Content-Encoding says.');
  }
}

export function tooLarge(): HttpProblem {
  return new HttpProblem(
    413,
    'Content too large',
    `A request may bring ${MAX_REQUEST_BYTES} bytes of events.`,
    {
      hint: 'Send fewer events at once.',
    },
  );
}

/**
 * The events of a body: one, an array of them, or one a line. All of them or none.
 * @throws HttpProblem 400 where it is no JSON, 413 where an event is too large, 422 where one is not what it should be
 */
export async function eventsOf(feed: Feed, body: Buffer, now: EpochMs): Promise<Given> {
  const sent = sentIn(body);
  return feed === 'falco' ? falcoEvents(sent, now) : eventBridgeEvents(sent, now);
}

/** As `eventsOf`, for a body that is one event of Falco's, which nearly all are; null for all others. */
export function oneFalcoEvent(body: Buffer, now: EpochMs): Given | null {
  if (body.length > MAX_EVENT_BYTES || !isUtf8(body)) return null;
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  if (!isShallow(value, MAX_DEPTH) || mayHoldSecrets(value)) return null;
  assertFalco(value, 0, now);
  return { lines: onOneLine(body), count: 1, ignored: 0, ignoredTypes: [] };
}

/** What their adapter takes out of them is taken out here already: nothing of it is to lie in the bucket, not for half a minute either. */
async function falcoEvents(sent: readonly Sent[], now: EpochMs): Promise<Given> {
  const clean: Sent[] = [];
  for (const [index, { text, value }] of sent.entries()) {
    const event = assertFalco(value, index, now);
    clean.push({ text: mayHoldSecrets(event) ? await withoutSecretsIn(text) : text, value });
  }
  return { ...linesOf(clean), ignored: 0, ignoredTypes: [] };
}

/** @throws HttpProblem 422 */
function assertFalco(value: unknown, index: number, now: EpochMs): object {
  const problem = falcoProblem(value, now + FUTURE_TOLERANCE_MS);
  if (problem === undefined && typeof value === 'object' && value !== null) return value;
  throw notAnEvent(index, problem ?? 'is no JSON object');
}

async function eventBridgeEvents(sent: readonly Sent[], now: EpochMs): Promise<Given> {
  const kept: Sent[] = [];
  const ignoredTypes = new Set<string>();
  for (const [index, event] of sent.entries()) {
    const envelope = envelopeOf(event.value);
    if (typeof envelope === 'string') throw notAnEvent(index, envelope);
    if (envelope.adapter === null) {
      ignoredTypes.add(envelope.type.slice(0, 100));
      continue;
    }
    await readOne(envelope.adapter.id, event.text, index, now);
    kept.push(event);
  }
  return { ...linesOf(kept), ignored: sent.length - kept.length, ignoredTypes: [...ignoredTypes] };
}

/** What the events are about, for callers who may bring some accounts only. @throws HttpProblem 422 */
export async function reportsIn(feed: Feed, given: Events, now: EpochMs): Promise<readonly ScopeReport[]> {
  const lines = given.count === 0 ? [] : sentIn(Buffer.from(given.lines));
  const reports: ScopeReport[] = [];
  for (const [index, { text, value }] of lines.entries()) {
    const envelope = feed === 'falco' ? null : envelopeOf(value);
    const source = envelope === null ? feed : typeof envelope === 'string' ? undefined : envelope.adapter?.id;
    if (source !== undefined) reports.push(...(await readOne(source, text, index, now)));
  }
  return reports;
}

/** Through its adapter. */
async function readOne(
  source: SourceId,
  text: Buffer,
  index: number,
  now: EpochMs,
): Promise<readonly ScopeReport[]> {
  const input = bufferInput(`event ${index}`, text);
  try {
    const { reports } = await readReport({ name: input.name, input }, { source });
    for (const report of reports) observedAtOf(input.name, report, {}, now);
    return reports;
  } catch (error) {
    if (error instanceof ReportError) throw notAnEvent(index, `can't be read: ${error.message}`);
    throw error;
  }
}

function sentIn(body: Buffer): readonly Sent[] {
  if (!isUtf8(body)) throw badRequest('The body is not UTF-8.');
  const text = body.toString();
  if (text.trim() === '') throw badRequest('The request has no body.', { hint: 'Send events as JSON.' });
  const sent = wholeOf(body, text) ?? linesIn(body);
  for (const [index, event] of sent.entries()) {
    if (event.text.length > MAX_EVENT_BYTES) {
      throw new HttpProblem(
        413,
        'Content too large',
        `Event ${index} has more than ${MAX_EVENT_BYTES} bytes.`,
      );
    }
    if (!isShallow(event.value, MAX_DEPTH)) {
      throw badRequest(`Event ${index} is nested deeper than ${MAX_DEPTH} levels.`);
    }
  }
  return sent;
}

/** A body that is one document. @returns null where it is none */
function wholeOf(body: Buffer, text: string): readonly Sent[] | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(value)) return [{ text: body, value }];
  // As they were sent: written anew, the nanoseconds of evt.time would be rounded.
  const cursor = new JsonCursor(bufferInput('body', body), { maxDepth: body.length });
  const elements: readonly unknown[] = value;
  cursor.enterArray();
  return elements.map((element) => {
    cursor.nextElement();
    const start = cursor.offset;
    cursor.skip();
    return { text: body.subarray(start, cursor.offset), value: element };
  });
}

function linesIn(body: Buffer): readonly Sent[] {
  const sent: Sent[] = [];
  for (let start = 0, number = 1; start < body.length; number++) {
    const end = body.indexOf(NEWLINE, start);
    const line = body.subarray(start, end === -1 ? body.length : end);
    start += line.length + 1;
    const text = line.toString();
    if (text.trim() === '') continue;
    try {
      sent.push({ text: line, value: JSON.parse(text) });
    } catch {
      throw badRequest(`Line ${number} of the body is no JSON.`, {
        hint: 'Send one event, an array of events, or one event a line. Nothing of the request was taken.',
      });
    }
  }
  return sent;
}

/** Line ends inside an event stand between its members, where a blank says the same. */
function linesOf(sent: readonly Sent[]): Events {
  const lines = sent.map(({ text }) => onOneLine(text));
  const [only] = lines;
  if (only !== undefined && lines.length === 1) return { lines: only, count: 1 };
  const parts = lines.flatMap((line, index) => (index === 0 ? [line] : [LINE_END, line]));
  return { lines: Buffer.concat(parts), count: lines.length };
}

const LINE_END = Buffer.from('\n');

function onOneLine(text: Buffer): Buffer {
  if (!text.includes(NEWLINE)) return text;
  return Buffer.from(text.map((byte) => (byte === NEWLINE || byte === RETURN ? BLANK : byte)));
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1));
}

function notAnEvent(index: number, problem: string): HttpProblem {
  return new HttpProblem(422, 'This is no event', `Event ${index} ${problem}.`.slice(0, 400), {
    hint: 'Nothing of the request was taken. docs/events.md says what each path takes.',
  });
}
