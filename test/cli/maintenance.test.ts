import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../collector/src/findings/finding.ts';
import { Committer } from '../../collector/src/lake/committer.ts';
import { scopeIdOf, sha256 } from '../../collector/src/lake/keys.ts';
import { encodeState } from '../../collector/src/lake/state-file.ts';
import { FilesystemStore } from '../../collector/src/store/index.ts';
import { type Estate, findingsOf, makeEstate, PAYMENTS, SANDBOX } from './estate.ts';
import { makeBucket, startVersitygw } from '../support/servers.ts';
import { jsonOf } from './run.ts';
import { sightline } from './support.ts';

const gateway = await startVersitygw();

const scope = `prowler/aws/${PAYMENTS}`;

describe('looking after a store', () => {
  let estate: Estate;
  const data = (...parts: string[]): string => join(estate.folder, 'data', ...parts);
  const files = async (): Promise<string[]> => (await readdir(data(), { recursive: true })).sort();
  /** The one object in a folder of the store that belongs to the payments account, and is the newest. */
  const newest = async (folder: string): Promise<string> => {
    const names = (await readdir(data(folder), { recursive: true })).filter(
      (name) => name.includes(PAYMENTS) && name.includes('.'),
    );
    return data(folder, names.sort().at(-1) ?? 'none');
  };

  beforeAll(async () => {
    estate = await makeEstate();
    await cp(data(), join(estate.folder, 'pristine'), { recursive: true });
  });
  beforeEach(async () => {
    await rm(data(), { recursive: true });
    await cp(join(estate.folder, 'pristine'), data(), { recursive: true });
  });
  afterAll(async () => {
    await estate.remove();
  });

  it('finds a healthy store healthy, and leaves nothing in it', async () => {
    const before = await files();
    const [result] = (await jsonOf(estate.run, 'doctor')) as { checks: { name: string; status: string }[] }[];
    const status = Object.fromEntries((result?.checks ?? []).map((check) => [check.name, check.status]));
    expect(status).toMatchObject({
      'Node.js': 'ok',
      configuration: 'ok',
      store: 'ok',
      'conditional writes': 'ok',
      clock: 'ok',
      heads: 'ok',
      states: 'ok',
      history: 'ok',
      'unnamed objects': 'ok',
      'settings in force': 'ok',
    });
    expect(await files()).toEqual(before);
  });

  it('leaves no folder where there was none', async () => {
    const { code, stdout } = await estate.run(['doctor', '--store', './nowhere']);
    expect(code).toBe(0);
    expect(stdout).toContain('the store holds no scope yet');
    expect(await readdir(estate.folder)).not.toContain('nowhere');
  });

  it('finds a state that is gone and a head that is damaged, and says what to do', async () => {
    await rm(await newest('state'));
    const missing = await estate.run(['doctor']);
    expect(missing.code).toBe(1);
    expect(missing.stdout).toMatch(/FAIL {2}states +1 object missing: state\/prowler-aws-/);
    expect(missing.stdout).toContain('`sightline rebuild --scope …` makes a state again');

    await writeFile(await newest('heads'), '{"format":1}');
    const damaged = await estate.run(['doctor']);
    expect(damaged.code).toBe(1);
    expect(damaged.stdout).toContain('is not a head as Sightline writes them');
  });

  it('says what is wrong with the configuration', async () => {
    await writeFile(join(estate.folder, 'bad.yaml'), 'serve: { prot: 1 }');
    const { code, stdout } = await estate.run(['doctor', '--config', 'bad.yaml']);
    expect(code).toBe(1);
    expect(stdout).toContain('bad.yaml:1:10: serve.prot: there is no such key; did you mean "port"?');
  });

  it('makes the findings again from the reports, verdicts and all', async () => {
    const { findings } = await findingsOf(estate.run, '--account', PAYMENTS, '--limit', '1');
    const fingerprint = findings[0]?.fingerprint ?? '';
    await estate.run(['verdict', fingerprint, '--false-positive', '--reason', 'no']);
    const before = await findingsOf(estate.run, '--status', 'any', '--all');

    const unasked = await estate.run(['rebuild', '--all']);
    expect(unasked.code).toBe(2);
    expect(unasked.stderr).toContain('Give --yes to mean it.');
    const rows = await jsonOf(estate.run, 'rebuild', '--all', '--yes');
    expect(rows).toMatchObject([
      { scope, generation: 2, commits: 3 },
      { scope: `prowler/aws/${SANDBOX}`, generation: 2, commits: 1 },
    ]);
    const after = await findingsOf(estate.run, '--status', 'any', '--all');
    expect(after.findings).toEqual(before.findings.map((finding) => ({ ...finding })));
    expect((await jsonOf(estate.run, 'rebuild', '--all', '--check')).length).toBe(2);
  });

  it('brings back a state that was lost', async () => {
    const before = await findingsOf(estate.run, '--all');
    await rm(await newest('state'));
    expect((await estate.run(['findings'])).code).toBe(4);
    expect((await estate.run(['rebuild', '--scope', scope, '--yes'])).code).toBe(0);
    expect((await findingsOf(estate.run, '--all')).findings).toEqual(before.findings);
  });

  it('checks that the history gives what is kept, and says where it does not', async () => {
    expect((await estate.run(['rebuild', '--all', '--check'])).stdout).toContain(`same    ${scope}`);
    const first = await changeBehindTheHistory(data());
    const { code, stdout, stderr } = await estate.run(['rebuild', '--all', '--check']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain(
      `differs ${scope}\n  ${first.fingerprint} title: kept "Another title", again "${first.title.slice(0, 20)}`,
    );
    expect(stdout).toContain(`same    prowler/aws/${SANDBOX}`);
  });

  it('checks the other scopes where one is damaged', async () => {
    const path = await newest('state');
    await writeFile(path, (await readFile(path)).subarray(1));
    const { code, stdout } = await estate.run(['rebuild', '--all', '--check']);
    expect(code).toBe(1);
    expect(stdout).toContain(`differs ${scope}\n  scope objects: kept "the state state/`);
    expect(stdout).toContain(`same    prowler/aws/${SANDBOX}`);
  });

  it('folds commits and loses nothing', async () => {
    const before = await findingsOf(estate.run, '--status', 'any', '--all');
    expect((await estate.run(['fold', '--keep', '1', '--remove-unnamed'])).stdout).toBe(
      `${scope}: 1 commit folded\n`,
    );
    expect((await estate.run(['fold', '--keep', '1'])).stdout).toBe('there was nothing to fold\n');
    expect((await findingsOf(estate.run, '--status', 'any', '--all')).findings).toEqual(before.findings);
    expect((await estate.run(['rebuild', '--all', '--check'])).code).toBe(0);
    expect((await estate.run(['doctor'])).stdout).toMatch(/ok {4}history/);
  });

  it.skipIf(typeof gateway === 'string')(
    'finds a bucket healthy, and says why another can not be reached',
    async () => {
      if (typeof gateway === 'string') return;
      const { env } = gateway;
      try {
        await makeBucket(gateway, 'findings');
        const well = await sightline(['doctor', '--store', 's3://findings/team/x'], { env });
        expect(well).toMatchObject({ code: 0 });
        expect(well.stdout).toMatch(/ok {4}conditional writes +work: of 4 writers at once, one won/);
        const missing = await sightline(['doctor', '--store', 's3://elsewhere'], { env });
        expect(missing.code).toBe(1);
        expect(missing.stdout).toMatch(
          /FAIL {2}store .*there is no such bucket[^\n]*\n +→ Create the bucket/,
        );
      } finally {
        await gateway.stop();
      }
    },
  );
});

/** Another title in the state of the payments account, by no commit: what a defect in the writer would look like. */
async function changeBehindTheHistory(folder: string): Promise<Finding> {
  const store = new FilesystemStore(folder);
  const committer = new Committer({ store, now: Date.now });
  const { head, etag } = await committer.readHeadWithTag(scopeIdOf(scope));
  if (head?.state == null) throw new Error('there is no state');
  const findings = new Map((await committer.stateFor(head)).findings);
  const [first] = [...findings.values()];
  if (first === undefined) throw new Error('the state is empty');
  findings.set(first.fingerprint, { ...first, title: 'Another title' });
  const body = await encodeState(findings, scope);
  await store.put(head.state.key, body);
  await committer.swapHead(
    { ...head, state: { ...head.state, bytes: body.byteLength, digest: sha256(body) } },
    etag,
  );
  return first;
}
