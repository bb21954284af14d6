import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { type Run, runIn } from './run.ts';

const DAY = 86_400_000;
const FIXTURE = new URL('../../collector/src/sources/prowler/fixtures/probe.ocsf.json.gz', import.meta.url);

const resource = z.looseObject({
  name: z.string(),
  uid: z.string(),
  group: z.looseObject({ name: z.string() }),
});
const item = z.looseObject({
  status_code: z.string(),
  time: z.number(),
  finding_info: z.looseObject({ title: z.string() }),
  metadata: z.looseObject({ event_code: z.string() }),
  resources: z.tuple([resource]),
  cloud: z.looseObject({ account: z.looseObject({ uid: z.string() }) }),
});
export type Item = z.infer<typeof item>;

/** What a real scan of S3 and IAM found, as Prowler wrote it. */
export async function scanned(): Promise<Item[]> {
  const all = z.array(item).parse(JSON.parse(gunzipSync(await readFile(FIXTURE)).toString('utf8')));
  return all.filter(({ resources }) => resources[0].group.name !== 'ec2');
}

/** The same report of another account and another time. */
export function reportOf(items: readonly Item[], account: string, daysAgo: number): string {
  const at = Date.now() - daysAgo * DAY;
  const moment = new Date(at).toISOString().replace('Z', '');
  const moved = items.map((one) => ({ ...one, time: Math.floor(at / 1000), time_dt: moment }));
  return JSON.stringify(moved)
    .replaceAll('123456789012', account)
    .replaceAll(
      /"created_time":\d+,"created_time_dt":"[^"]*"/g,
      `"created_time":${Math.floor(at / 1000)},"created_time_dt":"${moment}"`,
    );
}

export const PAYMENTS = '123456789012';
export const SANDBOX = '210987654321';
/** In the second scan of the payments account this bucket's failures are gone … */
export const FIXED_BUCKET = 'acme-logs';
/** … and those of this one are new. */
export const NEW_BUCKET = 'acme-public';

export interface Estate {
  readonly folder: string;
  readonly run: Run;
  /** Takes in reports, by name. */
  ingest(reports: Readonly<Record<string, string>>): Promise<void>;
  remove(): Promise<void>;
}

/** A store in ./data with two accounts: one scanned 45 days and a day ago, one only a day ago. */
export async function makeEstate(): Promise<Estate> {
  const folder = await mkdtemp(join(tmpdir(), 'sightline-cli-'));
  const run = runIn(folder);
  const ingest = async (reports: Readonly<Record<string, string>>): Promise<void> => {
    const paths = Object.keys(reports).map((name) => join('reports', name));
    for (const [name, content] of Object.entries(reports))
      await writeFile(join(folder, 'reports', name), content);
    const { code, stderr } = await run(['ingest', ...paths]);
    if (code !== 0) throw new Error(`${paths.join(', ')}: not taken in: ${stderr}`);
  };
  await mkdir(join(folder, 'reports'));
  const items = await scanned();
  const without = (bucket: string): Item[] =>
    items.filter((one) => one.resources[0].name !== bucket || one.status_code !== 'FAIL');
  await ingest({
    'first.ocsf.json': reportOf(without(NEW_BUCKET), PAYMENTS, 45),
    'second.ocsf.json': reportOf(without(FIXED_BUCKET), PAYMENTS, 1),
    'sandbox.ocsf.json': reportOf(items, SANDBOX, 1),
  });
  return { folder, run, ingest, remove: () => rm(folder, { recursive: true }) };
}

/** As `findings --json` gives them; the fields that tests look at. */
export const listing = z.object({
  matched: z.number(),
  findings: z.array(
    z.looseObject({
      fingerprint: z.string().length(32),
      account: z.string(),
      ruleId: z.string(),
      title: z.string(),
      resourceName: z.string().nullable(),
      service: z.string(),
      severity: z.string(),
      score: z.number(),
      status: z.string(),
      overdue: z.string(),
      openedCause: z.string(),
      firstSeen: z.iso.datetime(),
      lastSeen: z.iso.datetime(),
      dueAt: z.iso.datetime().nullable(),
      team: z.string().nullable(),
      labels: z.record(z.string(), z.string()),
      scope: z.string(),
      verdict: z.looseObject({ kind: z.string(), until: z.string().nullable(), by: z.string() }).nullable(),
      mute: z.looseObject({ rule: z.string() }).nullable(),
    }),
  ),
});
export type Listing = z.infer<typeof listing>;

export async function findingsOf(run: Run, ...args: string[]): Promise<Listing> {
  const { code, stdout, stderr } = await run(['findings', ...args, '--json']);
  if (code !== 0) throw new Error(`findings ended with ${code}: ${stderr}`);
  return listing.parse(JSON.parse(stdout));
}
