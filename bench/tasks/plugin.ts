import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import pino from 'pino';
import { startServer } from '../../collector/src/api/server.ts';
import { countingStore } from '../../collector/src/store/index.ts';
import { go } from '../../plugin/tools/go.ts';
import { ESTATE_END } from '../generate/estate.ts';
import { openBench, untilReady } from '../queries/opened.ts';
import type { Measured } from './main.ts';
import { since } from './reports.ts';

/**
 * The API in this process; Go asks it by hand and through the plugin's backend, in turns, and decodes one answer again and again.
 * @returns facts `alone-ms:sql`, `through-ms:sql`, … as plugin/pkg/plugin/overhead_test.go reports them, and `decode:sql` in ms
 */
export async function plugin([bucket = '', folder = '', runs = '15']: readonly string[]): Promise<Measured> {
  const { committer, warehouse } = await openBench(bucket, folder, true);
  await untilReady(warehouse);
  const server = await startServer({
    committer,
    store: countingStore(committer.store),
    log: pino({ level: 'warn' }, pino.destination(2)),
    host: '127.0.0.1',
    port: 0,
    api: { warehouse, report: { version: 'bench' } },
  });
  const start = performance.now();
  try {
    const facts = await overhead(server.url, runs);
    for (const [name, query] of Object.entries(DECODED)) {
      const file = path.join(folder, `${name}.json`);
      writeFileSync(file, await answerOf(server.url, query));
      facts[`decode-ms:${name}`] = await decoding(file, runs);
    }
    return { seconds: since(start), facts };
  } finally {
    await server.close();
    await warehouse.close();
    await committer.store.close();
  }
}

const DECODED: Readonly<Record<string, object>> = {
  sql: { refId: 'A', type: 'sql', sql: 'select * from finding limit 10000', limit: 10_000 },
};

async function overhead(url: string, runs: string): Promise<Record<string, number>> {
  const output = await benchmark('Overhead', './pkg/plugin', runs, { SIGHTLINE_URL: url });
  const facts: Record<string, number> = {};
  for (const [, name = '', numbers = ''] of output.matchAll(
    /^BenchmarkOverhead\/([a-z]+)\S*\s+\d+\s+(.*)$/gm,
  )) {
    for (const [, value, unit] of numbers.matchAll(/([\d.e+]+) (\S+)/g))
      facts[`${unit}:${name}`] = Number(value);
  }
  return facts;
}

async function decoding(file: string, runs: string): Promise<number> {
  const output = await benchmark('Decode', './pkg/api', runs, { SIGHTLINE_ANSWER: file });
  const [, nanoseconds] = /^BenchmarkDecode\S*\s+\d+\s+([\d.e+]+) ns\/op/m.exec(output) ?? [];
  return Number(nanoseconds) / 1e6;
}

async function benchmark(
  name: string,
  folder: string,
  runs: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const args = ['test', '-run', '^$', '-bench', `^Benchmark${name}$`, '-benchtime', `${runs}x`, folder];
  const { code, output } = await go(args, { env });
  if (code !== 0) throw new Error(output);
  return output;
}

async function answerOf(url: string, query: object): Promise<string> {
  const response = await fetch(`${url}/api/v1/query`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ from: ESTATE_END - 90 * 86_400_000, to: ESTATE_END, queries: [query] }),
  });
  return response.text();
}
