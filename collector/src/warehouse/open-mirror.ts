import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Logger } from 'pino';
import type { Committer } from '../lake/committer.ts';
import { sha256 } from '../lake/keys.ts';
import { Engine, EngineBusyError, type EngineOptions } from './engine.ts';
import { fetchSnapshot, newestSnapshot } from './mirror/snapshot.ts';
import { INDEXES, LAYOUT, TABLES } from './schema.ts';
import { sql } from './sql.ts';

export interface MirrorFileOptions {
  readonly committer: Committer;
  /** null for one in memory. */
  readonly folder: string | null;
  readonly memoryMiB: number;
  readonly threads?: number | undefined;
  readonly concurrency: number;
  readonly log: Logger;
}

export interface OpenMirror {
  readonly engine: Engine;
  /** Where files lie while they are loaded. */
  readonly staging: string;
  /** null where it is in memory. */
  readonly file: string | null;
}

/** The file that is there, if this version wrote it and for this bucket; else the one in the bucket; else a new one. */
export async function openMirror(options: MirrorFileOptions): Promise<OpenMirror> {
  const { folder } = options;
  const name = sha256(options.committer.store.description).slice(0, 12);
  const staging =
    folder === null
      ? path.join(os.tmpdir(), `sightline-${randomUUID()}`)
      : path.resolve(folder, `${name}.staging`);
  const file = folder === null ? null : path.resolve(folder, `${name}.duckdb`);
  const engineOptions: EngineOptions = {
    file: file ?? ':memory:',
    staging,
    memoryMiB: options.memoryMiB,
    threads: options.threads ?? os.availableParallelism(),
    concurrency: options.concurrency,
  };
  if (file !== null) {
    const there = existsSync(file) ? await openOurs(engineOptions, options) : null;
    if (there !== null) return { engine: there, staging, file };
    await remove(file);
    const fetched = await openFetched(file, engineOptions, options);
    if (fetched !== null) return { engine: fetched, staging, file };
    await remove(file);
  }
  const engine = await Engine.open(engineOptions);
  await createTables(engine);
  return { engine, staging, file };
}

/** null where the file is not for us. @throws EngineBusyError */
async function openOurs(engineOptions: EngineOptions, { log }: MirrorFileOptions): Promise<Engine | null> {
  try {
    const engine = await Engine.open(engineOptions);
    if (await isOurs(engine)) return engine;
    await engine.close();
    log.info({ file: engineOptions.file }, 'the warehouse is of another version: it is made again');
  } catch (error) {
    if (error instanceof EngineBusyError) throw error;
    log.warn({ err: error }, 'the warehouse file can not be read: it is made again');
  }
  return null;
}

async function openFetched(
  file: string,
  engineOptions: EngineOptions,
  options: MirrorFileOptions,
): Promise<Engine | null> {
  const { log, committer } = options;
  const started = performance.now();
  try {
    const snapshot = await newestSnapshot(committer.store, await layoutHere(engineOptions));
    if (snapshot === null || !(await fetchSnapshot(committer.store, snapshot, file))) return null;
    const engine = await openOurs(engineOptions, options);
    if (engine !== null)
      log.info(
        { ms: Math.round(performance.now() - started), bytes: snapshot.bytes },
        'the warehouse was taken from the bucket',
      );
    return engine;
  } catch (error) {
    if (error instanceof EngineBusyError) throw error;
    log.warn({ err: error }, 'the warehouse could not be taken from the bucket: it is made again');
    return null;
  }
}

async function remove(file: string): Promise<void> {
  await Promise.all([file, `${file}.wal`].map((name) => rm(name, { force: true })));
}

/** Hashes in the tables are DuckDB's own: another version of it may make others. */
export const LAYOUT_NAME = 'layout';
const layoutOf = (version: unknown): string => `${LAYOUT} ${String(version)}`;

async function layoutHere(engineOptions: EngineOptions): Promise<string> {
  const engine = await Engine.open({ ...engineOptions, file: ':memory:', concurrency: 1 });
  try {
    return layoutOf((await engine.read(sql`select version()`)).rows[0]?.[0]);
  } finally {
    await engine.close();
  }
}

async function isOurs(engine: Engine): Promise<boolean> {
  const { rows } = await engine.read(
    sql`select version(), (select count(*) from information_schema.tables where table_name = 'meta')`,
  );
  const [version, there] = rows[0] ?? [];
  if (there === 0) return false;
  const found = await engine.read(sql`select value from meta where name = ${LAYOUT_NAME}`);
  return found.rows[0]?.[0] === layoutOf(version);
}

async function createTables(engine: Engine): Promise<void> {
  const { rows } = await engine.read(sql`select version()`);
  await engine.write(async (connection) => {
    for (const statement of [...Object.values(TABLES), ...INDEXES]) await connection.run(statement);
    await connection.run(`INSERT INTO meta VALUES ($1, $2)`, [LAYOUT_NAME, layoutOf(rows[0]?.[0])]);
  });
}
