import { rm } from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { messageOf, SightlineError } from '../errors.ts';
import type { Committer } from '../lake/committer.ts';
import { sha256 } from '../lake/keys.ts';
import type { Access } from './access.ts';
import { Answers } from './answers.ts';
import type { Ask, BatchAnswer, QueryOptions, Warehouse, WarehouseStatus } from './contract.ts';
import { DUCKDB } from './dialect.ts';
import { Engine, EngineBusyError, type EngineOptions } from './engine.ts';
import { Mirror, type RefreshResult } from './mirror/mirror.ts';
import type { QueryContext } from './query/context.ts';
import type { Range } from './query/request.ts';
import { LAYOUT, TABLES } from './schema.ts';
import { render, sql } from './sql.ts';

export interface WarehouseOptions {
  readonly committer: Committer;
  /** Folder of the mirror; null for one in memory. */
  readonly folder: string | null;
  readonly memoryMiB: number;
  /** Default: one per core. */
  readonly threads?: number | undefined;
  readonly concurrency: number;
  /** Milliseconds between two looks at the bucket; null: only when asked to. */
  readonly refreshMs: number | null;
  readonly queryTimeoutMs: number;
  readonly maxRows: number;
  /** Whether `sql` queries are taken. */
  readonly sql: boolean;
  readonly timezone: string;
  readonly cadenceHours: Readonly<Record<string, number>>;
  /** Where dashboards are, for links; '' for links that Grafana resolves itself. */
  readonly publicUrl?: string | undefined;
  readonly log: Logger;
}

/** There is nothing to answer from yet: 503, never an empty frame. */
export class WarmingUpError extends SightlineError {
  constructor(progress: number) {
    super(
      'conflict',
      `the warehouse is being filled from the bucket (${Math.floor(progress * 100)} %)`,
      'Ask again in a few seconds.',
      4,
    );
  }
}

/** Opens the mirror that is there, or a new one, and begins to follow the bucket. @throws SightlineError */
export async function openWarehouse(options: WarehouseOptions): Promise<MirroredWarehouse> {
  const { engine, folder } = await openMirror(options);
  return new MirroredWarehouse(options, engine, folder);
}

export class MirroredWarehouse implements Warehouse {
  readonly #options: WarehouseOptions;
  readonly #engine: Engine;
  readonly #mirror: Mirror;
  readonly #answers: Answers;
  readonly #closing = new AbortController();
  readonly #following: Promise<void>;
  #refreshing: Promise<void> | undefined;
  #status: WarehouseStatus = {
    state: 'warming',
    version: '',
    refreshedAt: null,
    scopes: 0,
    findings: 0,
    problem: null,
    progress: 0,
  };

  constructor(options: WarehouseOptions, engine: Engine, folder: string) {
    this.#options = options;
    this.#engine = engine;
    this.#mirror = new Mirror({
      engine,
      committer: options.committer,
      staging: path.join(folder, 'staging'),
      cadenceHours: options.cadenceHours,
      onProgress: (done, total) => {
        if (this.#status.state === 'warming')
          this.#status = { ...this.#status, progress: total === 0 ? 1 : done / total };
      },
    });
    this.#answers = new Answers(options);
    this.#following = this.#follow();
  }

  status(): WarehouseStatus {
    return this.#status;
  }

  async query(body: unknown, access: Access, options: QueryOptions): Promise<BatchAnswer> {
    this.#assertReady();
    const { version } = this.#status;
    const results = await this.#answers.batch(body, access, this.#status, options, {
      inSnapshot: (range, work) => this.#inSnapshot(range, access, options.signal, work),
      untrusted: (text, maxRows) =>
        this.#engine.readUntrusted(text, {
          signal: options.signal,
          timeoutMs: this.#options.queryTimeoutMs,
          maxRows,
        }),
    });
    return { version, results };
  }

  async ask<T>(access: Access, options: QueryOptions, work: Ask<T>): Promise<T> {
    this.#assertReady();
    const now = this.#options.committer.now();
    const range: Range = { from: 0, to: now, timezone: this.#options.timezone };
    return this.#inSnapshot(range, access, options.signal, work);
  }

  /** One look at a time: who asks while one is under way gets the next one's end. */
  async refresh(): Promise<void> {
    await this.#refreshing?.catch(() => undefined);
    this.#refreshing ??= this.#refreshOnce().finally(() => {
      this.#refreshing = undefined;
    });
    await this.#refreshing;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#following;
    await this.#refreshing?.catch(() => undefined);
    await this.#engine.close();
  }

  #assertReady(): void {
    if (this.#status.state === 'warming') throw new WarmingUpError(this.#status.progress);
  }

  async #inSnapshot<T>(
    range: Range,
    access: Access,
    signal: AbortSignal | undefined,
    work: Ask<T>,
  ): Promise<T> {
    const statements: string[] = [];
    return this.#engine.snapshot({ signal, timeoutMs: this.#options.queryTimeoutMs }, (read) => {
      const context: QueryContext = {
        run: (statement, runOptions) => {
          statements.push(render(statement, DUCKDB.placeholder).text);
          return read(statement, runOptions?.maxRows);
        },
        dialect: DUCKDB,
        range,
        access,
        now: this.#options.committer.now(),
        statements,
      };
      return work(context);
    });
  }

  /** What the file holds is served at once, and said to be old; then the bucket is followed. */
  async #follow(): Promise<void> {
    await this.#serveWhatIsThere();
    const { refreshMs } = this.#options;
    for (;;) {
      await this.refresh().catch(() => undefined);
      if (refreshMs === null || this.#closing.signal.aborted) return;
      await sleep(refreshMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      if (this.#closing.signal.aborted) return;
    }
  }

  async #serveWhatIsThere(): Promise<void> {
    const { rows } = await this.#engine.read(
      sql`select value, (select count(*) from scope), (select coalesce(sum(findings), 0) from scope) from meta where name = 'refreshed'`,
    );
    const [refreshed, scopes, findings] = rows[0] ?? [];
    if (refreshed === undefined) return;
    const [at = '', version = ''] = String(refreshed).split(' ');
    this.#status = {
      ...this.#status,
      state: 'ready',
      progress: 1,
      version,
      refreshedAt: Number(at),
      scopes: Number(scopes),
      findings: Number(findings),
    };
  }

  async #refreshOnce(): Promise<void> {
    const { committer, log } = this.#options;
    const started = committer.now();
    try {
      const found = await this.#mirror.refresh();
      await this.#remember(found, started);
      for (const { scope, reason } of found.failed)
        log.error({ scope, reason }, 'a scope could not be mirrored');
      if (found.changed > 0)
        log.info(
          { scopes: found.changed, ms: committer.now() - started, version: found.version },
          'warehouse refreshed',
        );
      this.#status = {
        state: 'ready',
        progress: 1,
        version: found.version,
        refreshedAt: started,
        scopes: found.scopes,
        findings: found.findings,
        problem: problemOf(found),
      };
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      log.warn({ err: error }, 'the warehouse could not follow the bucket');
      this.#status = { ...this.#status, problem: messageOf(error) };
      throw error;
    }
  }

  async #remember({ version, changed }: RefreshResult, at: number): Promise<void> {
    const { refreshedAt } = this.#status;
    if (
      changed === 0 &&
      refreshedAt !== null &&
      at - refreshedAt < 300_000 &&
      this.#status.version === version
    )
      return;
    await this.#engine.write(async (connection) => {
      await connection.run(`INSERT OR REPLACE INTO meta VALUES ('refreshed', $1)`, [`${at} ${version}`]);
    });
  }
}

function problemOf({ failed }: RefreshResult): string | null {
  const [first] = failed;
  if (first === undefined) return null;
  const others = failed.length === 1 ? '' : `, and ${failed.length - 1} more`;
  return `${first.scope} could not be read${others}: ${first.reason}`;
}

/** The file that is there, if this version wrote it and for this bucket; else a new one. */
async function openMirror(options: WarehouseOptions): Promise<{ engine: Engine; folder: string }> {
  const folder = path.resolve(
    options.folder ??
      path.join(os.tmpdir(), `sightline-${process.pid}-${Math.random().toString(36).slice(2)}`),
  );
  const engineOptions: EngineOptions = {
    file:
      options.folder === null
        ? ':memory:'
        : path.join(folder, `${sha256(options.committer.store.description).slice(0, 12)}.duckdb`),
    staging: path.join(folder, 'staging'),
    memoryMiB: options.memoryMiB,
    threads: options.threads ?? os.availableParallelism(),
    concurrency: options.concurrency,
  };
  const engine = await openOrReplace(engineOptions, options);
  if (await isOurs(engine)) return { engine, folder };
  await engine.close();
  await remove(engineOptions.file);
  const fresh = await Engine.open(engineOptions);
  await createTables(fresh);
  return { engine: fresh, folder };
}

async function openOrReplace(engineOptions: EngineOptions, { log }: WarehouseOptions): Promise<Engine> {
  try {
    return await Engine.open(engineOptions);
  } catch (error) {
    if (error instanceof EngineBusyError || engineOptions.file === ':memory:') throw error;
    log.warn({ err: error }, 'the warehouse file can not be read: it is made again');
    await remove(engineOptions.file);
    return Engine.open(engineOptions);
  }
}

async function remove(file: string): Promise<void> {
  if (file === ':memory:') return;
  await Promise.all([file, `${file}.wal`].map((name) => rm(name, { force: true })));
}

/** Hashes in the tables are DuckDB's own: another version of it may make others. */
const LAYOUT_NAME = 'layout';
const layout = (version: unknown): string => `${LAYOUT} ${String(version)}`;

async function isOurs(engine: Engine): Promise<boolean> {
  const { rows } = await engine.read(
    sql`select version(), (select count(*) from information_schema.tables where table_name = 'meta')`,
  );
  const [version, there] = rows[0] ?? [];
  if (there === 0) return false;
  const found = await engine.read(sql`select value from meta where name = ${LAYOUT_NAME}`);
  return found.rows[0]?.[0] === layout(version);
}

async function createTables(engine: Engine): Promise<void> {
  const { rows } = await engine.read(sql`select version()`);
  await engine.write(async (connection) => {
    for (const statement of Object.values(TABLES)) await connection.run(statement);
    await connection.run(`INSERT INTO meta VALUES ($1, $2)`, [LAYOUT_NAME, layout(rows[0]?.[0])]);
  });
}
