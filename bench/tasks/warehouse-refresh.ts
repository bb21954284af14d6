import { readHeads } from '../../collector/src/lake/lake.ts';
import type { Head } from '../../collector/src/lake/head.ts';
import { ESTATE_END } from '../generate/estate.ts';
import { percentile } from '../harness/percentile.ts';
import { panelsOf } from '../queries/dashboards.ts';
import { ask, type Opened, untilReady, withWarehouse } from '../queries/opened.ts';
import type { Panel } from '../queries/panel.ts';
import { variablesOf } from '../queries/variables.ts';
import { commitNextRun } from './next-run.ts';
import type { Measured } from './main.ts';
import { since } from './reports.ts';

/** Findings of a run that are fixed, and as many that are new. */
const CHANGED = 150;
const CLIENTS = 2;
const MINUTE_MS = 60_000;

/**
 * One account's run comes into the bucket and is brought in, five times for different accounts (the last has most findings)
 * while nobody asks, and five times while two clients ask without a pause. Changes the bucket: to be run on a copy.
 */
export async function warehouseRefresh([bucket = '', folder = '']: readonly string[]): Promise<Measured> {
  return withWarehouse(bucket, folder, async (opened) => {
    const { warehouse } = opened;
    await untilReady(warehouse);
    const scopes = await scopesOf(opened);
    // No configuration gives the accounts their teams: a first run takes those away, which is more than a run changes.
    for (const { scopeId } of scopes)
      await commitNextRun(opened.committer, scopeId, ESTATE_END - 50 * MINUTE_MS, CHANGED);
    await refresh(opened);
    let events = 0;
    const refreshed = async (at: number): Promise<number[]> => {
      const took: number[] = [];
      for (const [index, { scopeId }] of scopes.entries()) {
        const done = await commitNextRun(opened.committer, scopeId, at + index, CHANGED);
        events += done.advance?.events.length ?? 0;
        took.push(await refresh(opened));
      }
      return took;
    };
    const quiet = await refreshed(ESTATE_END - 30 * MINUTE_MS);
    const panels = panelsOf(await variablesOf(warehouse)).slice(0, 18);
    const asking = askOn(opened, panels);
    const busy = await refreshed(ESTATE_END - 10 * MINUTE_MS);
    const times = await asking.end();
    const { length } = scopes;
    return {
      seconds: percentile(quiet, 0.5),
      facts: {
        largestSeconds: quiet[length - 1] ?? Number.NaN,
        slowestSeconds: Math.max(...quiet),
        busySeconds: percentile(busy, 0.5),
        busySlowestSeconds: Math.max(...busy),
        queriesMeanwhile: times.length,
        queriesMeanwhile95: percentile(times, 0.95),
        eventsPerRun: events / length / 2,
      },
    };
  });
}

/** @returns seconds until the answers are of another version */
async function refresh({ warehouse }: Opened): Promise<number> {
  const { version } = warehouse.status();
  const start = performance.now();
  await warehouse.refresh();
  const seconds = since(start);
  const { problem, version: next } = warehouse.status();
  if (problem !== null) throw new Error(problem);
  if (version === next) throw new Error('the refresh brought nothing');
  return seconds;
}

/** Spread over the sizes; the last is the largest. */
async function scopesOf({ committer }: Opened): Promise<readonly Head[]> {
  const heads = await readHeads(committer);
  const sorted = [...heads].sort((a, b) => (a.state?.rows ?? 0) - (b.state?.rows ?? 0));
  const places = new Set([0.3, 0.5, 0.7, 0.9, 1].map((share) => Math.round((sorted.length - 1) * share)));
  return sorted.filter((_head, place) => places.has(place));
}

/** Clients that ask one question after another until they are told to end. */
function askOn({ warehouse }: Opened, panels: readonly Panel[]): { end(): Promise<number[]> } {
  const times: number[] = [];
  let going = true;
  let n = 1;
  const client = async (offset: number): Promise<void> => {
    for (let turn = offset; going; turn++) {
      const panel = panels[turn % panels.length];
      if (panel !== undefined) times.push((await ask(warehouse, panel, n++)).ms);
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, (_none, index) => client(index * 7)));
  // Looked at in `end`; until then it is nobody's.
  clients.catch(() => undefined);
  return {
    async end() {
      going = false;
      await clients;
      return times;
    },
  };
}
