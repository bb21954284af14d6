import { z } from 'zod';
import { QueryError } from '../engine.ts';
import { FOREVER } from '../schema.ts';
import { type Sql, sql } from '../sql.ts';
import { FINDING_ORDERS, type FindingsQuery } from './request.ts';
import { uuids } from './findings-records.ts';

/** By what rows of findings are sorted, and where the next page begins. */

export type FindingOrder = FindingsQuery['orderBy'];
export type Direction = 'asc' | 'desc';

/** Enough to tell texts apart, and short enough for a cursor: beyond it the fingerprint decides. */
const TEXT_LENGTH = 200;
const shortened = (column: Sql): Sql => sql`substr(${column}, 1, ${TEXT_LENGTH})`;

interface Order {
  /** Of `history h`, or of `finding f`; never null. What has no due date comes last, wherever one begins. */
  value(ascending: boolean): Sql;
  readonly kind: 'number' | 'text';
  readonly byDefault: Direction;
  /** The larger what is asked for, the smaller the value: who is old began early. */
  readonly reversed?: boolean;
  /** Whether the value is one of `finding f`. */
  readonly ofFinding?: boolean;
}

const ORDERS: Readonly<Record<FindingOrder, Order>> = {
  // Scores lie in the bands of their severities.
  severity: { value: () => sql`h.score`, kind: 'number', byDefault: 'desc' },
  firstSeen: { value: () => sql`h.first_seen`, kind: 'number', byDefault: 'asc' },
  lastSeen: { value: () => sql`coalesce(f.last_seen, 0)`, kind: 'number', byDefault: 'asc', ofFinding: true },
  dueAt: {
    value: (ascending) => sql`coalesce(h.due_at, ${ascending ? FOREVER : -1})`,
    kind: 'number',
    byDefault: 'asc',
  },
  age: { value: () => sql`h.clock_start`, kind: 'number', byDefault: 'desc', reversed: true },
  resource: { value: () => shortened(sql`h.resource`), kind: 'text', byDefault: 'asc' },
  rule: { value: () => shortened(sql`h.rule`), kind: 'text', byDefault: 'asc' },
  account: { value: () => shortened(sql`h.account`), kind: 'text', byDefault: 'asc' },
};

/** The last row of a page, and the moment that all pages show. */
export interface Cursor {
  readonly at: number;
  readonly value: string | number;
  readonly fingerprint: string;
}

export interface Sorting {
  readonly value: Sql;
  readonly ofFinding: boolean;
  /** Of `value` and `fingerprint` of a row under an alias. */
  by(value: Sql, fingerprint: Sql): Sql;
  byValue(value: Sql): Sql;
  after(cursor: Cursor): Sql;
  /** The last value of many, and what comes no later than it. */
  last(values: Sql): Sql;
  notBeyond(value: string | number): Sql;
  cursorOf(cursor: Cursor): string;
  /** @throws QueryError for what is none, or one of another query */
  read(text: string): Cursor;
}

export function directionOf(orderBy: FindingOrder, direction: Direction | undefined): Direction {
  return direction ?? ORDERS[orderBy].byDefault;
}

export function sortingOf(orderBy: FindingOrder, given: Direction | undefined): Sorting {
  const order = ORDERS[orderBy];
  const direction = directionOf(orderBy, given);
  const ascending = (direction === 'asc') !== (order.reversed === true);
  const value = order.value(ascending);
  const word = ascending ? sql`asc` : sql`desc`;
  return {
    value,
    ofFinding: order.ofFinding === true,
    byValue: (column) => sql`${column} ${word}`,
    by: (column, fingerprint) => sql`${column} ${word}, ${fingerprint}`,
    last: (values) => (ascending ? sql`max(${values})` : sql`min(${values})`),
    notBeyond: (limit) => (ascending ? sql`${value} <= ${limit}` : sql`${value} >= ${limit}`),
    after: (cursor) => {
      const beyond = ascending ? sql`${value} > ${cursor.value}` : sql`${value} < ${cursor.value}`;
      const same = sql`${value} = ${cursor.value} and h.fingerprint > ${uuids([cursor.fingerprint])}`;
      return sql`(${beyond} or (${same}))`;
    },
    cursorOf: ({ at, value: last, fingerprint }) =>
      Buffer.from(JSON.stringify([VERSION, orderBy, direction, at, last, fingerprint])).toString('base64url'),
    read: (text) => readCursor(text, orderBy, direction, order.kind),
  };
}

const VERSION = 1;
const cursorSchema = z.tuple([
  z.literal(VERSION),
  z.enum(FINDING_ORDERS),
  z.enum(['asc', 'desc']),
  z.number().int().min(0).max(FOREVER),
  z.union([z.string().max(4 * TEXT_LENGTH), z.number().int()]),
  z.string().regex(/^[0-9a-f]{32}$/),
]);

/** The moment that all pages of a cursor show; null where it is no cursor. */
export function momentOf(cursor: string): number | null {
  const parsed = cursorSchema.safeParse(jsonOf(cursor));
  return parsed.success ? parsed.data[3] : null;
}

function readCursor(text: string, orderBy: FindingOrder, direction: Direction, kind: string): Cursor {
  const parsed = cursorSchema.safeParse(jsonOf(text));
  if (!parsed.success) throw badCursor('the cursor is none that this server gave');
  const [, by, towards, at, value, fingerprint] = parsed.data;
  if (by !== orderBy || towards !== direction || typeof value !== (kind === 'text' ? 'string' : 'number'))
    throw badCursor(`the cursor is of a query in another order (${by}, ${towards})`);
  return { at, value, fingerprint };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}

function badCursor(message: string): QueryError {
  return new QueryError(
    'invalid',
    message,
    'Give the `nextCursor` of the page before with the same query, or none for the first page.',
  );
}
