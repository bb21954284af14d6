/**
 * A warehouse on a small disk that fills up: `full-disk-worker.ts <bucket> <disk>`. Says in one line of JSON what it was like
 * before, while there was no room, and after there was again.
 */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { pino } from 'pino';
import { messageOf } from '../../collector/src/errors.ts';
import { ingestReport } from '../../collector/src/ingest/ingest.ts';
import { Committer } from '../../collector/src/lake/committer.ts';
import { sampleReports } from '../../collector/src/sample/index.ts';
import { bufferInput } from '../../collector/src/sources/input/index.ts';
import { FilesystemStore } from '../../collector/src/store/index.ts';
import { FULL_ACCESS } from '../../collector/src/warehouse/access.ts';
import { sql } from '../../collector/src/warehouse/sql.ts';
import { openWarehouse } from '../../collector/src/warehouse/warehouse.ts';

const END = Date.UTC(2026, 10, 20, 12);
const BLOCK = Buffer.alloc(64 * 1024, 'x');

const [bucket = '', disk = ''] = process.argv.slice(2);
const store = new FilesystemStore(bucket);
const committer = new Committer({ store, now: () => END });
const bring = async (week: number): Promise<void> => {
  for (const report of sampleReports({ end: END })) {
    if (report.source !== 'prowler' || report.week !== week) continue;
    await ingestReport(committer, { name: report.path, input: bufferInput(report.path, report.content()) });
  }
};
await bring(1);
const folder = path.join(disk, 'mirror');
const warehouse = await openWarehouse({
  committer,
  folder,
  memoryMiB: 128,
  threads: 1,
  concurrency: 1,
  refreshMs: null,
  queryTimeoutMs: 60_000,
  maxRows: 1_000,
  sql: false,
  timezone: 'UTC',
  cadenceHours: {},
  log: pino({ level: 'silent' }),
});
const counted = async (): Promise<unknown> =>
  warehouse.ask(
    FULL_ACCESS,
    {},
    async ({ run }) => (await run(sql`select count(*), sum(seq) from history`)).rows[0],
  );
const filler = path.join(disk, 'filler');
const fill = (): void => {
  try {
    for (;;) writeFileSync(filler, BLOCK, { flag: 'a' });
  } catch {
    // Not a byte is left.
  }
};

await warehouse.refresh();
const before = await counted();
await bring(2);
fill();
const refused = await warehouse.refresh().then(
  () => null,
  (error: unknown) => messageOf(error),
);
const meanwhile = await counted();
const { state, problem } = warehouse.status();
const left = readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith('.parquet'));
rmSync(filler);
await warehouse.refresh();
const after = await counted();
const { problem: solved } = warehouse.status();
process.stdout.write(
  `${JSON.stringify({ before, refused, meanwhile, state, problem, left, after, solved })}\n`,
);
await warehouse.close();
await store.close();
