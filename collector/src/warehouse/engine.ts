import * as fs from 'node:fs';
import * as path from 'node:path';
import {
  BIGINT,
  type DuckDBConnection,
  DuckDBDecimalValue,
  type DuckDBType,
  DuckDBInstance,
  type DuckDBValue,
  StatementType,
  VARCHAR,
} from '@duckdb/node-api';
import { messageOf, SightlineError } from '../errors.ts';
import { DUCKDB } from './dialect.ts';
import type { Rows } from './query/context.ts';
import type { Value } from './query/result.ts';
import { render, type Sql, type SqlValue } from './sql.ts';
import { forbiddenFunction, isSelect } from './untrusted.ts';

/** Characters of an answer to a user's own statement: a few lines of SQL can make gigabytes, which the process would die of. */
const MAX_UNTRUSTED_TEXT = 32 << 20;

export interface EngineOptions {
  /** The database file; its folder is made. `:memory:` for none. */
  readonly file: string;
  /** The only folder that DuckDB may read from and write to beside its own files: what is being loaded lies there. Made where it is not. */
  readonly staging: string;
  /** What DuckDB may use, in MiB. Beside it there are the process itself and buffers: count 500 more. */
  readonly memoryMiB: number;
  readonly threads: number;
  /** Statements at once; more wait. */
  readonly concurrency: number;
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; null for no limit. */
  readonly timeoutMs?: number | null;
  /** Rows beyond this are not read: one more than it comes back, so that the caller sees that there was more. */
  readonly maxRows?: number;
}

/** A statement that took too long, was given up by its caller, or that the data does not allow. */
export class QueryError extends SightlineError {
  readonly reason: 'timeout' | 'cancelled' | 'invalid' | 'resources';
  /** What was run, up to the statement that failed; null before the first. */
  executed: string | null = null;

  constructor(reason: QueryError['reason'], message: string, hint: string, cause?: unknown) {
    super('usage', message, hint, 2, cause);
    this.reason = reason;
  }
}

/** The file is in use by another process. */
export class EngineBusyError extends SightlineError {}

/** DuckDB, locked down: no files but its own and those in `staging`, no extensions, no change of its settings. */
export class Engine {
  readonly #instance: DuckDBInstance;
  readonly #free: DuckDBConnection[];
  readonly #waiting: ((connection: DuckDBConnection) => void)[] = [];
  readonly #writer: DuckDBConnection;
  readonly #all: readonly DuckDBConnection[];
  #writing: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(instance: DuckDBInstance, writer: DuckDBConnection, readers: DuckDBConnection[]) {
    this.#instance = instance;
    this.#writer = writer;
    this.#free = [...readers];
    this.#all = [writer, ...readers];
  }

  /** @throws EngineBusyError, SightlineError `corrupt` where the file is no database that this version reads */
  static async open(options: EngineOptions): Promise<Engine> {
    const { file, staging, memoryMiB, threads, concurrency } = options;
    fs.mkdirSync(staging, { recursive: true });
    if (file !== ':memory:') fs.mkdirSync(path.dirname(file), { recursive: true });
    const instance = await open(file, {
      memory_limit: `${memoryMiB}MiB`,
      threads: String(threads),
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      allow_community_extensions: 'false',
      preserve_insertion_order: 'false',
      temp_directory: path.join(staging, 'spill'),
      // What a query gives back goes back to the system, instead of staying for one that wants as much.
      allocator_flush_threshold: '16MiB',
      allocator_background_threads: 'true',
    });
    const writer = await instance.connect();
    await writer.run(`set allowed_directories = [${quoted(path.join(staging, path.sep))}]`);
    await writer.run('set enable_external_access = false');
    await writer.run('set lock_configuration = true');
    const readers: DuckDBConnection[] = [];
    for (let n = 0; n < concurrency; n++) readers.push(await instance.connect());
    return new Engine(instance, writer, readers);
  }

  /** Runs one statement that reads. @throws QueryError */
  async read(statement: Sql, options: ReadOptions = {}): Promise<Rows> {
    const { text, params } = render(statement, DUCKDB.placeholder);
    return this.#withReader(options, (connection) => read(connection, text, params, options.maxRows));
  }

  /**
   * Runs several statements on one state of the data, whatever is written meanwhile. They run one after another.
   * @throws QueryError
   */
  async snapshot<T>(
    options: Omit<ReadOptions, 'maxRows'>,
    work: (read: (statement: Sql, maxRows?: number) => Promise<Rows>) => Promise<T>,
  ): Promise<T> {
    return this.#withReader(options, async (connection, assertWanted) => {
      let last: Promise<unknown> = Promise.resolve();
      await connection.run('BEGIN TRANSACTION');
      try {
        return await work((statement, maxRows) => {
          const { text, params } = render(statement, DUCKDB.placeholder);
          const next = last.then(() => {
            assertWanted();
            return read(connection, text, params, maxRows);
          });
          last = next.catch(() => undefined);
          return next;
        });
      } finally {
        // Statements that nobody waits for any more (one of several failed) end before the connection is given on.
        await last;
        await connection.run('ROLLBACK').catch(() => undefined);
      }
    });
  }

  /** Runs one statement of a user: a single SELECT. @throws QueryError */
  async readUntrusted(text: string, options: ReadOptions): Promise<Rows> {
    return this.#withReader(options, async (connection) => {
      const statements = await connection.extractStatements(text).catch((error: unknown) => {
        throw invalid(error);
      });
      if (statements.count !== 1)
        throw new QueryError('invalid', 'there is more than one statement', 'Send one SELECT.');
      // Before it is prepared: some functions act as soon as a statement is bound.
      await assertHarmless(connection, text);
      const prepared = await statements.prepare(0).catch((error: unknown) => {
        throw invalid(error);
      });
      const { statementType } = prepared;
      prepared.destroySync();
      if (statementType !== StatementType.SELECT) throw notSelect();
      return read(connection, text, [], options.maxRows, MAX_UNTRUSTED_TEXT);
    });
  }

  /** One writer at a time; readers go on beside it and see nothing of it before it has ended. `work` begins and commits. */
  write<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const done = this.#writing.then(() => work(this.#writer));
    this.#writing = done.catch(() => undefined);
    return done;
  }

  /** Ends the statements under way and closes the file. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const connection of this.#all) connection.interrupt();
    await this.#writing;
    for (const connection of this.#all) connection.closeSync();
    this.#instance.closeSync();
  }

  async #withReader<T>(
    { signal, timeoutMs = null }: ReadOptions,
    work: (connection: DuckDBConnection, assertWanted: () => void) => Promise<T>,
  ): Promise<T> {
    const connection = await this.#take();
    let why: 'timeout' | 'cancelled' | null = null;
    const stop = (reason: 'timeout' | 'cancelled'): void => {
      why ??= reason;
      connection.interrupt();
    };
    const onAbort = (): void => stop('cancelled');
    const timer = timeoutMs === null ? undefined : setTimeout(() => stop('timeout'), timeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      if (signal?.aborted === true) throw cancelled();
      // An interrupt between two statements stops neither of them.
      return await work(connection, () => {
        if (why !== null) throw cancelled();
      });
    } catch (error) {
      throw explained(error, why, timeoutMs);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      this.#give(connection);
    }
  }

  #take(): Promise<DuckDBConnection> {
    const connection = this.#free.pop();
    if (connection !== undefined) return Promise.resolve(connection);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #give(connection: DuckDBConnection): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(connection);
    else next(connection);
  }
}

async function open(file: string, options: Record<string, string>): Promise<DuckDBInstance> {
  try {
    return await DuckDBInstance.create(file, options);
  } catch (error) {
    if (/lock/i.test(messageOf(error)))
      throw new EngineBusyError(
        'conflict',
        `another process uses ${file}`,
        'Give this one a folder of its own with `warehouse.path`.',
        4,
        error,
      );
    throw new SightlineError(
      'corrupt',
      `${file} is no warehouse that this version reads`,
      'It can be deleted: it is made again from the bucket.',
      1,
      error,
    );
  }
}

/** @throws QueryError for a statement that is no SELECT, or calls what does more than read */
async function assertHarmless(connection: DuckDBConnection, text: string): Promise<void> {
  const { rows } = await read(connection, 'select json_serialize_sql(cast($1 as varchar))', [text]);
  const statement: unknown = JSON.parse(String(rows[0]?.[0]));
  if (!isSelect(statement)) throw notSelect();
  const forbidden = forbiddenFunction(statement);
  if (forbidden !== null)
    throw new QueryError(
      'invalid',
      `the function ${forbidden} may not be called`,
      'Read the tables; range, generate_series, unnest and json_each make rows.',
    );
}

function notSelect(): QueryError {
  return new QueryError(
    'invalid',
    'only SELECT may be run',
    'The warehouse is made from the bucket: nothing in it can be changed by SQL.',
  );
}

/** Streams, so that what nobody wants to see is not made. */
async function read(
  connection: DuckDBConnection,
  text: string,
  params: readonly SqlValue[],
  maxRows = Number.POSITIVE_INFINITY,
  maxText = Number.POSITIVE_INFINITY,
): Promise<Rows> {
  const values: DuckDBValue[] = [];
  const types = params.map((param) => {
    const whole = typeof param === 'number' && Number.isSafeInteger(param);
    values.push(whole ? BigInt(param) : param);
    return whole || typeof param === 'bigint' ? BIGINT : param === null ? VARCHAR : undefined;
  });
  // Types are given by name or all: those left out are taken from the value.
  const given: Record<string, DuckDBValue> = {};
  const typed: Record<string, DuckDBType | undefined> = {};
  for (const [index, value] of values.entries()) {
    given[String(index + 1)] = value;
    const type = types[index];
    if (type !== undefined) typed[String(index + 1)] = type;
  }
  try {
    return await readRows(connection, text, given, typed, { maxRows, maxText });
  } catch (error) {
    if (error instanceof QueryError) throw error;
    throw new StatementError(error);
  }
}

/** What DuckDB said no to; anything else that goes wrong around a statement is a defect of ours. */
class StatementError extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
  }
}

async function readRows(
  connection: DuckDBConnection,
  text: string,
  given: Record<string, DuckDBValue>,
  typed: Record<string, DuckDBType | undefined>,
  { maxRows, maxText }: { readonly maxRows: number; readonly maxText: number },
): Promise<Rows> {
  const result =
    Object.keys(given).length === 0
      ? await connection.stream(text)
      : await connection.stream(text, given, typed);
  const columns = result
    .columnNames()
    .map((name, index) => ({ name, type: String(result.columnType(index)) }));
  const rows: Value[][] = [];
  let read = 0;
  const counted = (value: Value): Value => {
    if (typeof value === 'string') read += value.length;
    if (read > maxText) throw tooMuchText(maxText);
    return value;
  };
  for (
    let chunk = await result.fetchChunk();
    chunk !== null && chunk.rowCount > 0;
    chunk = await result.fetchChunk()
  ) {
    // One value after the other: a chunk may hold more than the process has memory for.
    const vectors = columns.map((_, index) => chunk.getColumnVector(index));
    const count = Math.min(chunk.rowCount, maxRows + 1 - rows.length);
    for (let row = 0; row < count; row++)
      rows.push(vectors.map((vector) => counted(plain(vector.getItem(row) ?? null))));
    if (rows.length > maxRows) break;
  }
  return { columns, rows };
}

function tooMuchText(most: number): QueryError {
  return new QueryError(
    'resources',
    `the answer has more than ${most.toLocaleString('en')} characters`,
    'Select fewer columns or rows, or shorter texts.',
  );
}

/** Numbers up to 2^53 as such; whatever JSON can't say as text. */
function plain(value: DuckDBValue): Value {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  // Lists, structs, dates, UUIDs: all of them say themselves in words.
  return value instanceof DuckDBDecimalValue ? value.toDouble() : String(value);
}

function explained(error: unknown, why: 'timeout' | 'cancelled' | null, timeoutMs: number | null): unknown {
  if (why === 'timeout')
    return new QueryError(
      'timeout',
      `the query took longer than ${timeoutMs ?? 0} ms`,
      'Ask for a shorter range, fewer groups or more filters.',
      error,
    );
  if (why === 'cancelled') return cancelled();
  if (!(error instanceof StatementError)) return error;
  if (/out of memory/i.test(messageOf(error)))
    return new QueryError(
      'resources',
      'the query needs more memory than the warehouse may use',
      'Ask for less, or raise `warehouse.memory`.',
      error,
    );
  return invalid(error);
}

function cancelled(): QueryError {
  return new QueryError('cancelled', 'the query was cancelled', 'Send it again.');
}

function invalid(error: unknown): QueryError {
  const [first = ''] = messageOf(error).split('\n');
  return new QueryError('invalid', first, 'Correct the query and send it again.', error);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
