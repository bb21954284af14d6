import pino from 'pino';
import { DEFAULTS } from '../../collector/src/config/defaults.ts';
import { WarmingUpError } from '../../collector/src/warehouse/warehouse.ts';
import { Committer } from '../../collector/src/lake/committer.ts';
import { FilesystemStore } from '../../collector/src/store/index.ts';
import { FULL_ACCESS } from '../../collector/src/warehouse/access.ts';
import type { QueryResult } from '../../collector/src/warehouse/query/result.ts';
import { type MirroredWarehouse, openWarehouse } from '../../collector/src/warehouse/warehouse.ts';
import { ESTATE_END } from '../generate/estate.ts';
import type { Panel } from './panel.ts';

const DAY_MS = 86_400_000;

export interface Opened {
  readonly committer: Committer;
  readonly warehouse: MirroredWarehouse;
}

/**
 * With the settings that the server has unless told otherwise, at the time at which the estate ends. It looks at the bucket once.
 * @param sql whether it answers queries in SQL, too
 */
export async function openBench(bucket: string, folder: string, sql = false): Promise<Opened> {
  const store = new FilesystemStore(bucket);
  const committer = new Committer({ store, now: () => ESTATE_END });
  const { memory, concurrency, queryTimeout, maxRows, timezone } = DEFAULTS.warehouse;
  const warehouse = await openWarehouse({
    committer,
    folder,
    memoryMiB: memory / 1024 ** 2,
    concurrency,
    refreshMs: null,
    queryTimeoutMs: queryTimeout * 1000,
    maxRows,
    sql,
    timezone,
    cadenceHours: {},
    log: pino({ level: 'warn' }, pino.destination(2)),
  });
  return { committer, warehouse };
}

export async function withWarehouse<T>(
  bucket: string,
  folder: string,
  use: (opened: Opened) => Promise<T>,
): Promise<T> {
  const opened = await openBench(bucket, folder);
  try {
    return await use(opened);
  } finally {
    await opened.warehouse.close();
    await opened.committer.store.close();
  }
}

/**
 * The range of a panel. No two calls with different `n` give the same one, as in a dashboard that is refreshed every ten seconds:
 * so no answer comes from the cache of answers, which holds those of the same range.
 */
export function rangeOf({ days }: Pick<Panel, 'days'>, n: number): { from: number; to: number } {
  const now = ESTATE_END - n * 10_000;
  return days >= 0 ? { from: now - days * DAY_MS, to: now } : { from: now, to: now - days * DAY_MS };
}

export interface Asked {
  readonly result: QueryResult;
  /** Of the body that a server would send. */
  readonly bytes: number;
  readonly ms: number;
}

/** Asks as the route of the API does, up to the text of the answer. @throws Error for anything but a new answer */
export async function ask(warehouse: MirroredWarehouse, panel: Panel, n: number): Promise<Asked> {
  const started = performance.now();
  const body = { ...rangeOf(panel, n), queries: [{ ...panel.query, refId: 'A' }] };
  const { version, results } = await warehouse.query(body, FULL_ACCESS, {});
  const answer = results.get('A');
  if (answer?.ok !== true)
    throw new Error(`${panel.dashboard}, ${panel.panel}: ${answer?.error.detail ?? 'no answer'}`);
  const text = JSON.stringify({ version, results: { A: { status: 200, frames: answer.frames } } });
  const ms = performance.now() - started;
  if (answer.cached) throw new Error(`${panel.dashboard}, ${panel.panel}: answered from the cache`);
  return { result: answer.result, bytes: Buffer.byteLength(text), ms };
}

/** The first answer of a warehouse that may be filling still. */
export async function askWhenReady(warehouse: MirroredWarehouse, panel: Panel): Promise<Asked> {
  for (;;) {
    try {
      return await ask(warehouse, panel, 0);
    } catch (error) {
      if (!(error instanceof WarmingUpError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** Until the bucket was looked at. */
export async function untilReady(warehouse: MirroredWarehouse): Promise<void> {
  while (warehouse.status().refreshedAt === null) {
    const { problem } = warehouse.status();
    if (problem !== null) throw new Error(problem);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
