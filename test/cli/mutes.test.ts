import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Estate, findingsOf, makeEstate, SANDBOX } from './estate.ts';
import { jsonOf } from './run.ts';

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const mute = (id: string, expires: string, match: string): string =>
  `  - { id: ${id}, owner: web@example.com, reason: known, expires: ${expires}, match: ${match} }\n`;

describe('sightline mutes', () => {
  let estate: Estate;
  beforeAll(async () => {
    estate = await makeEstate();
    const mutes =
      mute('logging', inDays(90), '{ rule: s3_bucket_server_access_logging_enabled }') +
      mute('sandbox-iam', inDays(5), `{ account: "${SANDBOX}", service: iam }`) +
      mute('gone', inDays(90), '{ resource: "*mainframe*" }') +
      mute('old', '2020-01-01', '{ service: s3 }');
    await writeFile(join(estate.folder, 'sightline.yaml'), `mutes:\n${mutes}`);
  });
  afterAll(async () => {
    await estate.remove();
  });

  it('says beforehand what each would match, and changes nothing', async () => {
    const logging = await findingsOf(estate.run, '--rule', 's3_bucket_server_access_logging_enabled');
    const iam = await findingsOf(estate.run, '--account', SANDBOX, '--service', 'iam');
    const s3 = await findingsOf(estate.run, '--service', 's3');
    expect(Math.min(logging.matched, iam.matched)).toBeGreaterThan(0);
    const [preview] = await jsonOf(estate.run, 'mutes', 'preview');
    expect(preview).toMatchObject({
      rules: [
        { id: 'logging', state: 'in force', matched: logging.matched },
        { id: 'sandbox-iam', state: 'ending', matched: iam.matched },
        { id: 'gone', state: 'dead', matched: 0 },
        { id: 'old', state: 'expired', matched: s3.matched },
      ],
      muted: { count: logging.matched + iam.matched },
      unmuted: { count: 0 },
    });
    expect((await findingsOf(estate.run, '--status', 'muted')).matched).toBe(0);
    expect((await estate.run(['mutes', 'list'])).stdout).toBe('no mutes are in force\n');
  });

  it('shows for a person what would move', async () => {
    const { stdout } = await estate.run(['mutes', 'preview']);
    expect(stdout).toMatch(/^logging {2}in force {2}until /m);
    expect(stdout).toMatch(/^gone {2}dead .*\n {2}matches nothing that is open$/m);
    expect(stdout).toMatch(/^\d+ findings would be muted: /m);
  });

  it('keeps its word when the configuration is applied', async () => {
    const before = await findingsOf(estate.run);
    const [preview] = (await jsonOf(estate.run, 'mutes', 'preview')) as { muted: { count: number } }[];
    await jsonOf(estate.run, 'config', 'apply');
    const muted = await findingsOf(estate.run, '--status', 'muted', '--all');
    expect(muted.matched).toBe(preview?.muted.count);
    expect((await findingsOf(estate.run)).matched).toBe(before.matched - muted.matched);
    expect(new Set(muted.findings.map((finding) => finding.mute?.rule))).toEqual(
      new Set(['logging', 'sandbox-iam']),
    );
    const [list] = await jsonOf(estate.run, 'mutes', 'list');
    expect(list).toMatchObject({
      mutes: [{ id: 'logging' }, { id: 'sandbox-iam' }, { id: 'gone' }, { id: 'old', state: 'expired' }],
    });

    await writeFile(
      join(estate.folder, 'less.yaml'),
      `mutes:\n${mute('logging', inDays(90), '{ rule: s3_bucket_server_access_logging_enabled }')}`,
    );
    const [less] = await jsonOf(estate.run, 'mutes', 'preview', '--config', 'less.yaml');
    const iam = muted.findings.filter(({ service }) => service === 'iam').length;
    expect(less).toMatchObject({ muted: { count: 0 }, unmuted: { count: iam } });
  });

  it('needs a configuration', async () => {
    const { code, stderr } = await estate.run(['mutes', 'preview', '--config', 'none.yaml']);
    expect(code).toBe(2);
    expect(stderr).toContain('there is no configuration file none.yaml');
  });
});
