import { QueryError } from '../engine.ts';
import type { Rows } from './context.ts';
import type { Range, SqlQuery } from './request.ts';
import type { Column, ColumnKind, RowsResult, Value } from './result.ts';

/**
 * Runs one statement of a user that only reads. Rows beyond `maxRows` need not be read but for one, which says that there are more.
 * @throws QueryError
 */
export type ReadUntrusted = (text: string, maxRows: number) => Promise<Rows>;

/**
 * A user's own SELECT on the tables of schema.ts. It sees every row: whoever may see only some must be refused before.
 * @throws QueryError for macros that make no sense, and for what the engine refuses
 */
export async function runSql(read: ReadUntrusted, range: Range, query: SqlQuery): Promise<RowsResult> {
  const text = withMacros(query.sql, range);
  const { columns, rows } = await read(text, query.limit);
  const more = rows.length > query.limit;
  const types = columns.map(({ type }) => type);
  return {
    kind: 'sql',
    columns: columns.map(columnOf),
    rows: rows
      .slice(0, query.limit)
      .map((row) => row.map((value, index) => valueOf(value, types[index] ?? ''))),
    total: more ? null : rows.length,
    cut: null,
    nextCursor: null,
    notices: more ? [`Only the first ${query.limit} rows are shown; there are more.`] : [],
    statements: [text],
  };
}

const MACRO = /\$__(\w+)(?:\(([^()]*)\))?/g;
/** A column, with or without its table, with or without quotes. */
const NAME = /^\s*(?:(?:\w+|"[^"]+")\.)*(?:\w+|"[^"]+")\s*$/;

/** Only whole numbers of ours are put in, so that they are numbers also within texts and comments. */
function withMacros(text: string, { from, to }: Range): string {
  return text.replaceAll(MACRO, (macro: string, name: string, argument: string | undefined) => {
    if (name === 'from' || name === 'to') {
      const time = String(Math.trunc(name === 'from' ? from : to));
      // What stands in brackets behind it is none of the macro's.
      return argument === undefined ? time : `${time}(${argument})`;
    }
    if (name !== 'timeFilter')
      throw badMacro(`${macro} is no macro`, 'There are $__from, $__to and $__timeFilter(column).');
    if (argument === undefined || !NAME.test(argument))
      throw badMacro('$__timeFilter takes one column', 'Write it as $__timeFilter(began).');
    return `(${argument} >= ${Math.trunc(from)} AND ${argument} < ${Math.trunc(to)})`;
  });
}

function badMacro(message: string, hint: string): QueryError {
  return new QueryError('invalid', message, hint);
}

/** Whole numbers that are called so are milliseconds since the epoch, as in the tables. */
const TIMES: ReadonlySet<string> = new Set([
  't',
  'time',
  'began',
  'ended',
  'first_seen',
  'last_seen',
  'clock_start',
  'due_at',
  'verdict_until',
  'mute_until',
]);
const NUMERIC = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL(\(.*\))?)$/;

function columnOf({ name, type }: Rows['columns'][number]): Column {
  return { name, label: name, kind: kindOf(name, type) };
}

function kindOf(name: string, type: string): ColumnKind {
  if (type === 'BOOLEAN') return 'boolean';
  if (isTimestamp(type)) return 'time';
  if (type === 'JSON') return 'json';
  if (!NUMERIC.test(type)) return 'text';
  const lower = name.toLowerCase();
  return type === 'BIGINT' && (TIMES.has(lower) || lower.endsWith('_at')) ? 'time' : 'number';
}

function isTimestamp(type: string): boolean {
  return type === 'DATE' || type.startsWith('TIMESTAMP');
}

/** Timestamps come as text (`2026-11-20 08:00:00.5`), without a zone in UTC. */
function valueOf(value: Value, type: string): Value {
  if (!isTimestamp(type) || typeof value !== 'string') return value;
  const [, date, time = '00:00:00', fraction = '', zone = ''] =
    /^(\S*\d-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d)(\.\d+)?)?([+-]\d\d(?::\d\d)?)?$/.exec(value) ?? [];
  const offset = zone === '' ? 'Z' : zone.length === 3 ? `${zone}:00` : zone;
  const parsed = Date.parse(`${date ?? ''}T${time}${fraction.slice(0, 4)}${offset}`);
  return Number.isFinite(parsed) ? parsed : null;
}
