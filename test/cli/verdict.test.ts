import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Estate, findingsOf, makeEstate, reportOf, SANDBOX, scanned } from './estate.ts';
import { jsonOf } from './run.ts';

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

describe('sightline verdict', () => {
  let estate: Estate;
  beforeAll(async () => {
    estate = await makeEstate();
  });
  afterAll(async () => {
    await estate.remove();
  });

  const first = async (...args: string[]): Promise<string> => {
    const { findings } = await findingsOf(estate.run, ...args, '--limit', '1');
    return findings[0]?.fingerprint ?? 'none';
  };

  it('accepts a finding until the end of a day, by the beginning of its fingerprint', async () => {
    const fingerprint = await first('--account', SANDBOX);
    const until = inDays(30);
    const args = [
      'verdict',
      fingerprint.slice(0, 10).toUpperCase(),
      '--accept',
      '--until',
      until,
      '--reason',
      'goes soon',
    ];
    const { code, stdout } = await estate.run(args);
    expect(code).toBe(0);
    expect(stdout).toContain(`${fingerprint.slice(0, 12)}  open → accepted`);
    expect(stdout).toContain(`1 finding accepted until ${until}`);

    const { findings, matched } = await findingsOf(estate.run, '--status', 'accepted');
    expect(matched).toBe(1);
    expect(findings[0]).toMatchObject({
      fingerprint,
      verdict: { kind: 'accepted', until: `${until}T23:59:59.999Z`, by: 'alice', reason: 'goes soon' },
    });
  });

  it('lasts through the next scan, until it is cleared', async () => {
    const fingerprint = await first('--account', SANDBOX, '--sort', 'rule');
    const reason = ['--reason', 'wrong', '--by', 'bob'];
    await estate.run(['verdict', fingerprint, '--false-positive', ...reason]);
    await estate.ingest({ 'sandbox-2.ocsf.json': reportOf(await scanned(), SANDBOX, 0) });
    expect(
      (await findingsOf(estate.run, '--fingerprint', fingerprint, '--status', 'any')).findings[0],
    ).toMatchObject({
      status: 'false_positive',
      verdict: { by: 'bob', until: null },
    });
    const [cleared] = await jsonOf(estate.run, 'verdict', fingerprint, '--clear', ...reason);
    expect(cleared).toMatchObject({
      scope: `prowler/aws/${SANDBOX}`,
      status: 'committed',
      verdict: null,
      findings: [{ fingerprint, from: 'false_positive', to: 'open' }],
    });
    const again = await estate.run(['verdict', fingerprint, '--clear', ...reason]);
    expect(again.stdout).toContain('nothing changes');
  });

  it('takes what findings writes, over several scopes at once', async () => {
    const list = await estate.run([
      'findings',
      '--rule',
      's3_bucket_acl_prohibited',
      '--all',
      '--format',
      'ndjson',
    ]);
    const count = list.stdout.trim().split('\n').length;
    expect(count).toBeGreaterThan(2);
    const args = [
      'verdict',
      '--from-file',
      '-',
      '--accept',
      '--until',
      inDays(9),
      '--reason',
      'bulk',
      '--json',
    ];
    const { code, stdout } = await estate.run(args, list.stdout);
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(2);
    const open = await findingsOf(estate.run, '--rule', 's3_bucket_acl_prohibited');
    const accepted = await findingsOf(
      estate.run,
      '--rule',
      's3_bucket_acl_prohibited',
      '--status',
      'accepted',
    );
    expect([open.matched, accepted.matched]).toEqual([0, count]);
  });

  it.each([
    [['--accept'], 'an acceptance lasts until a date'],
    [['--accept', '--until', '2020-01-01'], 'a date in the future'],
    [['--accept', '--false-positive'], 'one of --accept, --false-positive and --clear'],
    [['--false-positive', '--until', inDays(1)], 'only an acceptance has an end'],
    [['--clear', '--by', ' '], 'who decided and why'],
  ])('refuses %j and changes nothing', async (args, said) => {
    const fingerprint = await first();
    const { code, stderr } = await estate.run(['verdict', fingerprint, ...args, '--reason', 'r']);
    expect(code).toBe(2);
    expect(stderr).toContain(said);
    expect((await findingsOf(estate.run, '--fingerprint', fingerprint)).findings[0]?.verdict).toBeNull();
  });

  it.each([
    ['ffffffff00', 'there is no finding ffffffff00'],
    ['1234567', 'is no fingerprint'],
    ['{"title":"x"}', 'line 1 is no finding'],
  ])('refuses %j from a file, with those beside it', async (line, said) => {
    const fingerprint = await first();
    const input = line.startsWith('{') ? `${line}\n${fingerprint}` : `${fingerprint}\n${line}\n`;
    const { code, stderr } = await estate.run(
      ['verdict', '--from-file', '-', '--false-positive', '--reason', 'r'],
      input,
    );
    expect(code).toBe(2);
    expect(stderr).toContain(said);
    expect((await findingsOf(estate.run, '--fingerprint', fingerprint)).findings[0]?.verdict).toBeNull();
  });
});
