import * as fs from 'node:fs';
import * as path from 'node:path';
import { FULL_ACCESS } from '../../collector/src/warehouse/access.ts';
import { sql } from '../../collector/src/warehouse/sql.ts';
import { ESTATE_END } from '../generate/estate.ts';
import { panelsOf } from '../queries/dashboards.ts';
import { ask, askWhenReady, untilReady, withWarehouse } from '../queries/opened.ts';
import { NO_VARIABLES } from '../queries/panel.ts';
import { variablesOf } from '../queries/variables.ts';
import { percentile } from '../harness/percentile.ts';
import type { Measured } from './main.ts';
import { since } from './reports.ts';
import { bytesIn } from './store.ts';

const COUNTS = sql`select count(*), count(*) filter (is_event),
  (select count(*) from cube), count(*) filter (status = 'open' and began < ${ESTATE_END} and ended >= ${ESTATE_END}) from history`;

/** From an empty folder until every scope is there; then it is sorted and saved to the bucket. */
export async function warehouseBuild([bucket = '', folder = '']: readonly string[]): Promise<Measured> {
  const start = performance.now();
  const measured = await withWarehouse(bucket, folder, async ({ warehouse }) => {
    await untilReady(warehouse);
    const seconds = since(start);
    const { findings, scopes, problem } = warehouse.status();
    if (problem !== null) throw new Error(problem);
    // Waits for the sorting, which begins when all is there.
    await warehouse.save();
    const { rows } = await warehouse.ask(FULL_ACCESS, {}, ({ run }) => run(COUNTS));
    const [history = 0, events = 0, cube = 0, open = 0] = rows[0]?.map(Number) ?? [];
    return {
      seconds,
      facts: { findings, scopes, history, events, cube, open, savedSeconds: since(start) - seconds },
    };
  });
  return {
    ...measured,
    facts: {
      ...measured.facts,
      fileBytes: fileBytes(folder),
      savedBytes: bytesIn(path.join(bucket, 'tables')),
    },
  };
}

/** A server on a machine that has nothing yet: it takes the saved warehouse from the bucket. Until the first answer. */
export async function warehouseCold([bucket = '', folder = '']: readonly string[]): Promise<Measured> {
  const [first] = panelsOf(NO_VARIABLES);
  if (first === undefined) throw new Error('there are no panels');
  const start = performance.now();
  const measured = await withWarehouse(bucket, folder, async ({ warehouse }) => {
    await askWhenReady(warehouse, first);
    const seconds = since(start);
    await untilReady(warehouse);
    return { seconds, facts: { followedSeconds: since(start) } };
  });
  fs.rmSync(folder, { recursive: true, force: true });
  return measured;
}

/**
 * Every panel, `runs` times one after another by one client, then by `clients` at once, each of which walks the list in an order of
 * its own. Before that each is asked once, uncounted.
 * @returns facts `p50:n`, `p95:n`, `max:n`, `bytes:n` of panel n; those of all of them without a number
 */
export async function warehouseQueries([
  bucket = '',
  folder = '',
  runs = '15',
  clients = '16',
]: readonly string[]): Promise<Measured> {
  return withWarehouse(bucket, folder, async ({ warehouse }) => {
    await untilReady(warehouse);
    const panels = panelsOf(await variablesOf(warehouse));
    let n = 1;
    for (const panel of panels) await ask(warehouse, panel, n++);
    const times = panels.map((): number[] => []);
    const bytes = panels.map(() => 0);
    const start = performance.now();
    for (let run = 0; run < Number(runs); run++) {
      for (const [index, panel] of panels.entries()) {
        const answer = await ask(warehouse, panel, n++);
        times[index]?.push(answer.ms);
        bytes[index] = Math.max(bytes[index] ?? 0, answer.bytes);
      }
    }
    const seconds = since(start);
    const rssAlone = process.memoryUsage().rss;
    const together: number[] = [];
    const walk = async (client: number): Promise<void> => {
      for (const panel of inOrderOf(client, panels)) together.push((await ask(warehouse, panel, n++)).ms);
    };
    const begun = performance.now();
    await Promise.all(Array.from({ length: Number(clients) }, (_none, client) => walk(client)));
    const facts: Record<string, number> = {
      panels: panels.length,
      runs: Number(runs),
      p50: percentile(times.flat(), 0.5),
      p95: percentile(times.flat(), 0.95),
      together50: percentile(together, 0.5),
      together95: percentile(together, 0.95),
      togetherMax: Math.max(...together),
      togetherPerSecond: together.length / since(begun),
      rssAlone,
      rss: process.memoryUsage().rss,
      todaySeconds: sumOfMedians(times.filter((_times, index) => panels[index]?.today === true)) / 1000,
    };
    for (const [index, each] of times.entries()) {
      facts[`p50:${index}`] = percentile(each, 0.5);
      facts[`p95:${index}`] = percentile(each, 0.95);
      facts[`max:${index}`] = Math.max(...each);
      facts[`bytes:${index}`] = bytes[index] ?? 0;
    }
    return { seconds, facts };
  });
}

function sumOfMedians(times: readonly (readonly number[])[]): number {
  return times.reduce((sum, each) => sum + percentile(each, 0.5), 0);
}

/** The same list in another order for each client: beginning elsewhere, in steps of a number that has no divisor in common with its length. */
function inOrderOf<T>(client: number, items: readonly T[]): T[] {
  const { length } = items;
  const steps = Array.from({ length }, (_none, step) => step).filter(
    (step) => commonDivisor(step, length) === 1,
  );
  const step = steps[client % steps.length] ?? 1;
  return items
    .map((_item, place) => items[(client * 7 + place * step) % length])
    .filter((item) => item !== undefined);
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

function fileBytes(folder: string): number {
  return fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.duckdb'))
    .reduce((sum, name) => sum + fs.statSync(path.join(folder, name)).size, 0);
}
