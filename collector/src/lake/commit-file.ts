import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { z } from 'zod';
import type { FindingEvent } from '../findings/events.ts';
import type { CheckStats } from '../findings/model.ts';
import { SightlineError } from '../errors.ts';
import { Distinct } from './distinct.ts';

/** What brought a commit about; enough to do it again from the inputs in the bucket. */
const runInput = z.object({
  kind: z.literal('run'),
  id: z.string(),
  observedAt: z.number(),
  declaredComplete: z.boolean(),
  /** The caller's word on how the scan ended, where it gave one. */
  outcome: z.enum(['complete', 'partial', 'failed']).nullable(),
  /** How long the scan took, where the caller said so. */
  durationMs: z.number().nullable().default(null),
  source: z.string(),
  identity: z.string(),
  raw: z.object({ key: z.string(), digest: z.string(), bytes: z.number(), name: z.string() }),
  companion: z.object({ key: z.string(), name: z.string() }).nullable(),
  /** Where the report belongs, as the caller said; needed to read it again. */
  place: z.object({ cloud: z.string(), account: z.string(), region: z.string() }).partial().optional(),
});
const verdictInput = z.object({
  kind: z.literal('verdict'),
  id: z.string(),
  at: z.number(),
  key: z.string(),
});
const configInput = z.object({
  kind: z.literal('config'),
  id: z.string(),
  at: z.number(),
  digest: z.string(),
});
const retireInput = z.object({
  kind: z.literal('retire'),
  id: z.string(),
  at: z.number(),
  by: z.string(),
  reason: z.string(),
});
const inputSchema = z.discriminatedUnion('kind', [runInput, verdictInput, configInput, retireInput]);
export type CommitInput = z.infer<typeof inputSchema>;
export type RunCommitInput = z.infer<typeof runInput>;

const runRecordSchema = z.object({
  runId: z.string(),
  observedAt: z.number(),
  committedAt: z.number(),
  mode: z.enum(['snapshot', 'delta', 'stream']),
  outcome: z.enum(['complete', 'partial', 'failed']),
  reason: z.string().nullable(),
  late: z.boolean(),
  sourceVersion: z.string().nullable(),
  observed: z.number(),
  suppressed: z.number(),
  passed: z.number(),
  cells: z.number(),
  rules: z.number(),
  rulesExpected: z.number().nullable(),
  notes: z.array(z.string()),
  /** Cells in which absence closed: what a complete snapshot looked at. */
  covered: z.array(z.string()).default([]),
  /** How long the scan took; null where nobody said. */
  durationMs: z.number().nullable().default(null),
  checks: z.record(
    z.string(),
    z.object({
      checked: z.number().nullable(),
      flagged: z.number().nullable(),
      resources: z.number().nullable(),
    }),
  ),
});
/** How a run was taken, with its check stats per service. */
export type RunRecord = z.infer<typeof runRecordSchema>;

const commitSchema = z.object({
  format: z.literal(1),
  id: z.string(),
  scope: z.string(),
  generation: z.number(),
  seq: z.number(),
  at: z.number(),
  config: z.string().nullable(),
  input: inputSchema,
  run: runRecordSchema.nullable(),
  events: z.object({
    count: z.number(),
    columns: z.record(
      z.string(),
      z.union([z.object({ v: z.array(z.unknown()), i: z.array(z.number()) }), z.array(z.unknown())]),
    ),
  }),
});

/** One atomic step of a scope, as it is kept. */
export interface Commit {
  readonly id: string;
  readonly scope: string;
  readonly generation: number;
  readonly seq: number;
  /** Time of its events (or of its input, where it has none). */
  readonly at: number;
  readonly config: string | null;
  readonly input: CommitInput;
  readonly run: RunRecord | null;
  readonly events: readonly FindingEvent[];
}

export type StatsByService = Readonly<Record<string, CheckStats>>;

/** In the order of `FindingEvent`. */
export const EVENT_FIELDS = [
  'kind',
  'cause',
  'at',
  'fingerprint',
  'formerFingerprint',
  'scanner',
  'openedCause',
  'closedCause',
  'verdict',
  'verdictUntil',
  'mute',
  'muteUntil',
  'severity',
  'score',
  'cell',
  'region',
  'service',
  'class',
  'ruleId',
  'resourceType',
  'resourceId',
  'resourceName',
  'accountName',
  'team',
  'environment',
  'labels',
  'frameworks',
  'firstSeen',
  'fixedAt',
  'reopenedAt',
  'reopenCount',
  'dueAt',
] as const satisfies readonly (keyof FindingEvent)[];

const compress = promisify(zlib.gzip);

/** Level 3 takes little less time and is 3 % larger. */
const GZIP_LEVEL = 6;

/**
 * Of a large commit a few columns at a time are compressed, each into a gzip member of its own (members in a row are one
 * gzip file): the whole text would be 30 MB for 125,000 events, three times over.
 */
const PART_CHARACTERS = 1 << 20;

/**
 * Events by column, each column as its distinct values and an index per event: that keeps an event at a few dozen bytes and
 * makes writing 100,000 of them a matter of small integers.
 */
export async function encodeCommit(commit: Commit): Promise<Buffer> {
  const count = commit.events.length;
  const distinct = EVENT_FIELDS.map(() => new Distinct(count));
  for (const event of commit.events) {
    for (let field = 0; field < EVENT_FIELDS.length; field++) {
      const name = EVENT_FIELDS[field];
      if (name !== undefined) distinct[field]?.add(event[name]);
    }
  }
  const rest = JSON.stringify({ format: 1, ...commit, events: undefined });
  const parts: Promise<Buffer>[] = [];
  let text = `${rest.slice(0, -1)},"events":{"count":${count},"columns":{`;
  for (const [index, field] of EVENT_FIELDS.entries()) {
    text += `${index === 0 ? '' : ','}"${field}":${columnOf(distinct[index] ?? new Distinct())}`;
    if (text.length < PART_CHARACTERS) continue;
    parts.push(gzip(text));
    text = '';
  }
  parts.push(gzip(`${text}}}}`));
  return Buffer.concat(await Promise.all(parts));
}

/** In a thread of its own, beside whatever the caller does meanwhile. */
function gzip(text: string): Promise<Buffer> {
  return compress(text, { level: GZIP_LEVEL });
}

function columnOf(distinct: Distinct): string {
  const { values, rows } = distinct;
  if (values.length === 1) return JSON.stringify({ v: values, i: [] });
  const places = Array.from(rows);
  return JSON.stringify(
    values.length * 2 > places.length ? places.map((place) => values[place]) : { v: values, i: places },
  );
}

const restSchema = commitSchema.omit({ format: true, events: true });

/** A commit without its events, as segments keep it. What older collectors did not write has its default. */
export function decodeCommitRest(value: unknown): Omit<Commit, 'events'> {
  return restSchema.parse(value);
}

/** @throws SightlineError `corrupt` */
export function decodeCommit(bytes: Buffer, key: string): Commit {
  try {
    const {
      format: _format,
      events,
      ...commit
    } = commitSchema.parse(JSON.parse(zlib.gunzipSync(bytes).toString('utf8')));
    return { ...commit, events: decodeEvents(events.count, events.columns) };
  } catch (error) {
    throw new SightlineError(
      'corrupt',
      `${key} is not a commit as Sightline writes them`,
      'Something else changed the object. Restore it from a version or backup of the bucket.',
      1,
      error,
    );
  }
}

type StoredColumn = { readonly v: readonly unknown[]; readonly i: readonly number[] } | readonly unknown[];

function isPlain(column: StoredColumn): column is readonly unknown[] {
  return Array.isArray(column);
}

function decodeEvents(count: number, columns: Readonly<Record<string, StoredColumn>>): FindingEvent[] {
  const events: Record<string, unknown>[] = Array.from({ length: count }, () => ({}));
  for (const field of EVENT_FIELDS) {
    const column = columns[field];
    for (let row = 0; row < count; row++) {
      const event = events[row];
      if (event !== undefined) event[field] = column === undefined ? null : valueAt(column, row);
    }
  }
  // The columns are exactly the fields of an event, and only encodeCommit writes them.
  return events as unknown as FindingEvent[];
}

function valueAt(column: StoredColumn, row: number): unknown {
  if (isPlain(column)) return column[row];
  return column.v[column.i.length === 0 ? 0 : (column.i[row] ?? -1)];
}
