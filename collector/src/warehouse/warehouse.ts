import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { messageOf, SightlineError } from '../errors.ts';
import type { Committer } from '../lake/committer.ts';
import type { Access } from './access.ts';
import { Answers } from './answers.ts';
import type { Ask, BatchAnswer, QueryOptions, Warehouse, WarehouseStatus } from './contract.ts';
import { DUCKDB } from './dialect.ts';
import type { Engine } from './engine.ts';
import { Mirror, type RefreshResult } from './mirror/mirror.ts';
import { newestSnapshot, saveSnapshot } from './mirror/snapshot.ts';
import type { QueryContext } from './query/context.ts';
import type { Range } from './query/request.ts';
import { LAYOUT_NAME, type OpenMirror, openMirror } from './open-mirror.ts';
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

/** From so many rows on, taking the warehouse from the bucket is quicker than making it. */
const WORTH_SAVING_ROWS = 500_000;
const SAVE_EVERY_MS = 86_400_000;

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
  const warehouse = new MirroredWarehouse(options, await openMirror(options));
  await warehouse.begin();
  return warehouse;
}

export class MirroredWarehouse implements Warehouse {
  readonly #options: WarehouseOptions;
  readonly #open: OpenMirror;
  readonly #engine: Engine;
  readonly #mirror: Mirror;
  readonly #answers: Answers;
  readonly #closing = new AbortController();
  #following: Promise<void> = Promise.resolve();
  #refreshing: Promise<void> | undefined;
  /** Sorting and saving, beside the queries and later refreshes. */
  #keeping: Promise<void> | undefined;
  #status: WarehouseStatus;

  constructor(options: WarehouseOptions, open: OpenMirror) {
    const { engine } = open;
    this.#options = options;
    this.#status = {
      state: 'warming',
      version: '',
      refreshedAt: null,
      scopes: 0,
      findings: 0,
      problem: null,
      progress: 0,
      sql: options.sql,
    };
    this.#open = open;
    this.#engine = engine;
    this.#mirror = new Mirror({
      engine,
      committer: options.committer,
      staging: open.staging,
      cadenceHours: options.cadenceHours,
      onProgress: (done, total) => {
        if (this.#status.state === 'warming')
          this.#status = { ...this.#status, progress: total === 0 ? 1 : done / total };
      },
    });
    this.#answers = new Answers(options);
  }

  /** Serves what the file holds, which may be old and says so, and follows the bucket from now on. */
  async begin(): Promise<void> {
    await this.#serveWhatIsThere();
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

  /** Puts the warehouse as it is into the bucket, for those that start after. Nothing where it is in memory. @throws StoreError */
  async save(): Promise<void> {
    const { file, staging, engine } = this.#open;
    if (file === null) return;
    const { rows } = await engine.read(sql`select value from meta where name = ${LAYOUT_NAME}`);
    const { committer } = this.#options;
    await saveSnapshot(engine, committer.store, {
      file,
      staging,
      layout: String(rows[0]?.[0]),
      at: committer.now(),
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#following;
    await this.#refreshing?.catch(() => undefined);
    await this.#keeping?.catch(() => undefined);
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

  async #follow(): Promise<void> {
    const { refreshMs } = this.#options;
    const { signal } = this.#closing;
    do {
      await this.refresh().catch(() => undefined);
      if (refreshMs === null) return;
      await sleep(refreshMs, undefined, { signal }).catch(() => undefined);
    } while (!signal.aborted);
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
        ...this.#status,
        state: 'ready',
        progress: 1,
        version: found.version,
        refreshedAt: started,
        scopes: found.scopes,
        findings: found.findings,
        problem: problemOf(found),
      };
      this.#keeping ??= this.#keepHouse(found).finally(() => {
        this.#keeping = undefined;
      });
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      log.warn({ err: error }, 'the warehouse could not follow the bucket');
      this.#status = { ...this.#status, problem: messageOf(error) };
      throw error;
    }
  }

  /** After the answers are there: what makes later ones, and later starts, quicker. */
  async #keepHouse({ untidy, changed }: RefreshResult): Promise<void> {
    if (untidy)
      await this.#mirror.tidy().catch((error: unknown) => {
        this.#options.log.warn({ err: error }, 'the warehouse could not be sorted: queries are slower');
      });
    if (changed === 0 || this.#options.refreshMs === null) return;
    await this.#saveSometimes().catch((error: unknown) => {
      this.#options.log.warn({ err: error }, 'the warehouse could not be saved to the bucket');
    });
  }

  async #saveSometimes(): Promise<void> {
    const { committer, log } = this.#options;
    const { rows } = await this.#engine.read(
      sql`select (select count(*) from history), (select value from meta where name = ${LAYOUT_NAME})`,
    );
    const [size, name] = rows[0] ?? [];
    if (Number(size) < WORTH_SAVING_ROWS) return;
    const newest = await newestSnapshot(committer.store, String(name));
    if (newest !== null && committer.now() - newest.at < SAVE_EVERY_MS) return;
    const started = performance.now();
    await this.save();
    log.info({ ms: Math.round(performance.now() - started) }, 'the warehouse was saved to the bucket');
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
