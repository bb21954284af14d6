import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { ingestReport } from '../../collector/src/ingest/ingest.ts';
import { Committer } from '../../collector/src/lake/committer.ts';
import { scopeIdOf } from '../../collector/src/lake/keys.ts';
import { readHeads } from '../../collector/src/lake/lake.ts';
import { noChanges } from '../../collector/src/scanners/counts.ts';
import type { Job } from '../../collector/src/scanners/job.ts';
import { Leases } from '../../collector/src/scanners/leases.ts';
import { AssetBook } from '../../collector/src/scanners/perimeter/book.ts';
import { retireSites } from '../../collector/src/scanners/perimeter/retire.ts';
import { withRun } from '../../collector/src/scanners/task-state.ts';
import { FilesystemStore } from '../../collector/src/store/filesystem.ts';
import { bufferInput } from '../../collector/src/sources/input/index.ts';
import { emptyFolder, fixture } from '../cli/support.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 1);
const SITE = 'https://old.example.org';

const job: Job = {
  ...{ name: 'sites', scanner: 'nikto', enabled: true, timezone: 'UTC', jitterMs: 0, catchUp: true },
  ...{ targets: [], regions: [], args: [], reports: [], complete: false, env: {}, timeoutMs: 1 },
  ...{ attempts: 1, backoffMs: 1, nice: 0, concurrency: 1, schedule: '0 3 * * *', perimeter: {} },
};

describe('a site that is not exposed any more', () => {
  let now: number;
  let committer: Committer;
  let leases: Leases;
  let scope: string;

  beforeEach(async () => {
    now = START + DAY;
    const store = new FilesystemStore(emptyFolder());
    committer = new Committer({ store, now: () => now });
    await discovered(START, SITE, 'https://new.example.org');
    const name = 'nikto.json';
    const bytes = readFileSync(fixture('nikto/fixtures/shop.json'));
    [scope = ''] = (
      await ingestReport(committer, { name, input: bufferInput(name, bytes) }, { observedAt: START })
    ).map((result) => result.scope);
    leases = new Leases(store);
    await ran(SITE, scope);
  });

  async function discovered(at: number, ...endpoints: string[]): Promise<void> {
    const assets = endpoints.map((endpoint) => ({
      service: 'elb',
      region: 'eu-west-1',
      id: endpoint,
      endpoint,
    }));
    const head = { perimeter: 1, cloud: 'aws', account: '1', observedAt: at, covered: ['elb@eu-west-1'] };
    const text = JSON.stringify({ ...head, assets });
    await ingestReport(committer, { name: 'p.json', input: bufferInput('p.json', Buffer.from(text)) });
  }

  async function ran(target: string, ...scopes: string[]): Promise<void> {
    const held = await leases.ensure({ job: job.name, target }, START);
    if (held === null) throw new Error('no such task');
    await leases.replace(
      held,
      withRun(held.state, {
        ...{ slot: START, trigger: 'schedule', owner: 'me', startedAt: START, endedAt: START, attempts: 1 },
        ...{ outcome: 'complete', reason: null, exitCode: 0, signal: null, stderr: '', scopes },
        ...noChanges(),
      }),
    );
  }

  async function retire(jobs: readonly Job[] = [job]): Promise<boolean> {
    const perimeter = await new AssetBook(committer).refresh();
    await retireSites({ jobs, known: [], leases, perimeter, committer, log: pino({ level: 'silent' }) });
    return (await committer.readHead(scopeIdOf(scope)))?.retired === true;
  }

  it('has its findings retired after a week, once, and its schedule forgotten', async () => {
    await discovered(START + DAY, 'https://new.example.org');
    now = START + 7 * DAY;
    expect(await retire()).toBe(false);
    now = START + 9 * DAY;
    expect(await retire()).toBe(true);
    expect(leases.all()).toEqual([]);
    const commits = (await readHeads(committer)).map(({ seq }) => seq);
    expect(await retire()).toBe(true);
    expect((await readHeads(committer)).map(({ seq }) => seq)).toEqual(commits);
  });

  it('keeps them while it is exposed, and where discovery could not look', async () => {
    now = START + 9 * DAY;
    expect(await retire()).toBe(false);
    const text = JSON.stringify({
      perimeter: 1,
      cloud: 'aws',
      account: '1',
      covered: [],
      gaps: ['elb'],
      assets: [],
    });
    await ingestReport(committer, { name: 'p.json', input: bufferInput('p.json', Buffer.from(text)) });
    now = START + 30 * DAY;
    expect(await retire()).toBe(false);
  });

  it('keeps them where a person named the site, or another scan reports on the same', async () => {
    await discovered(START + DAY, 'https://new.example.org');
    now = START + 9 * DAY;
    expect(await retire([{ ...job, perimeter: undefined, targets: [SITE] }])).toBe(false);
    await ran('https://new.example.org', scope);
    expect(await retire()).toBe(false);
  });
});
