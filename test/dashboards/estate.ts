import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { pino } from 'pino';
import { fillDemo } from '../../collector/src/cli/demo-story.ts';
import { Committer } from '../../collector/src/lake/committer.ts';
import type { FrameJson } from '../../collector/src/warehouse/frames/frame.ts';
import { openWarehouse } from '../../collector/src/warehouse/warehouse.ts';
import { FULL_ACCESS } from '../../collector/src/warehouse/access.ts';
import { FilesystemStore } from '../../collector/src/store/index.ts';

export interface Estate {
  readonly now: number;
  /** As a panel, or with `alert` a rule, asks; @throws what the API answers instead of a frame */
  ask(query: object, range: { from: number; to: number }, alert?: boolean): Promise<FrameJson>;
  close(): Promise<void>;
}

/** A warehouse on a store of its own; `fill` gets the committer to put something into it. */
export async function openEstate(
  now: () => number,
  fill: (store: FilesystemStore, committer: Committer) => Promise<unknown>,
  refreshMs: number | null = null,
): Promise<Estate & { refresh(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sightline-dashboards-'));
  const store = new FilesystemStore(folder);
  const committer = new Committer({ store, now });
  await fill(store, committer);
  const warehouse = await openWarehouse({
    committer,
    folder: null,
    memoryMiB: 512,
    threads: 2,
    concurrency: 2,
    refreshMs,
    queryTimeoutMs: 60_000,
    maxRows: 50_000,
    sql: false,
    timezone: 'UTC',
    cadenceHours: {},
    publicUrl: '',
    log: pino({ level: 'silent' }),
  });
  await warehouse.refresh();
  return {
    get now() {
      return now();
    },
    refresh: () => warehouse.refresh(),
    async ask(query, range, alert = false) {
      const { results } = await warehouse.query(
        { ...range, timezone: 'UTC', queries: [{ ...query, refId: 'A' }] },
        FULL_ACCESS,
        { fromAlert: alert },
      );
      const answer = results.get('A');
      if (answer?.ok !== true) throw new Error(`${JSON.stringify(query)}: ${JSON.stringify(answer?.error)}`);
      const [frame] = answer.frames;
      if (frame === undefined) throw new Error(`${JSON.stringify(query)}: no frame`);
      return frame;
    },
    async close() {
      await warehouse.close();
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** The sample estate, as `npm start` shows it. */
export function sampleEstate(): Promise<Estate> {
  const end = Math.floor(Date.now() / 1000) * 1000;
  return openEstate(
    () => end,
    (store) =>
      fillDemo(
        store,
        { seed: 20260906, weeks: 12, end },
        { report: { cadenceHours: {} }, cacheRows: 50_000 },
        () => undefined,
      ),
  );
}
