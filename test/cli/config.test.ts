import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Estate, findingsOf, makeEstate, PAYMENTS } from './estate.ts';
import { jsonOf, runIn } from './run.ts';

const FILE = `sla: { days: { high: 1 } }
accounts:
  - account: "${PAYMENTS}"
    name: payments-prod
    team: payments
    environment: production
ownership:
  - match: { service: iam, account: "${PAYMENTS}" }
    team: identity
    labels: { pci: "yes" }
severity:
  - match: { rule: s3_bucket_acl_prohibited }
    severity: critical
`;

describe('sightline config', () => {
  let estate: Estate;
  beforeAll(async () => {
    estate = await makeEstate();
    await writeFile(join(estate.folder, 'sightline.yaml'), FILE);
  });
  afterAll(async () => {
    await estate.remove();
  });

  it('checks a file, and shows every value in effect', async () => {
    const { code, stdout } = await estate.run(['config', 'check']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'sightline.yaml is valid (1 account, 1 ownership rule, 0 mutes, 1 severity rule)\n',
    });
    const [effective] = await jsonOf(estate.run, 'config', 'check');
    expect(effective).toMatchObject({
      path: 'sightline.yaml',
      settings: { sla: { days: { critical: 7, high: 1, medium: 90 } }, minimumRules: 0.8 },
      report: { findings: 500 },
    });
  });

  it('says where a file is wrong', async () => {
    await writeFile(join(estate.folder, 'wrong.yaml'), FILE.replace('team: identity', 'taem: identity'));
    for (const args of [['config', 'check'], ['config', 'apply'], ['findings']]) {
      const { code, stdout, stderr } = await estate.run([...args, '--config', 'wrong.yaml']);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(
        'wrong.yaml:9:5: ownership[0].taem: there is no such key; did you mean "team"?',
      );
    }
  });

  it('puts it into force, once, and says what that changed', async () => {
    expect((await estate.run(['config', 'show'])).stdout).toContain('# the defaults: none was ever applied');
    const applied = await estate.run(['config', 'apply', '--by', 'bob']);
    expect(applied.code).toBe(0);
    expect(applied.stdout).toMatch(new RegExp(`^prowler/aws/${PAYMENTS}: \\d+ findings changed$`, 'm'));
    expect(applied.stdout).toContain('configuration 1 is in force; 2 scopes changed');
    expect((await estate.run(['config', 'apply'])).stdout).toBe('nothing changes\n');

    const iam = await findingsOf(estate.run, '--team', 'identity', '--all');
    expect(iam.matched).toBeGreaterThan(0);
    expect(iam.findings.every(({ service, labels }) => service === 'iam' && labels['pci'] === 'yes')).toBe(
      true,
    );
    const acl = await findingsOf(estate.run, '--rule', 's3_bucket_acl_prohibited');
    expect(new Set(acl.findings.map(({ severity, score }) => `${severity} ${score}`))).toEqual(
      new Set(['CRITICAL 95']),
    );
  });

  it('shows what is in force as a file that could be applied', async () => {
    const { stdout } = await estate.run(['config', 'show']);
    await writeFile(join(estate.folder, 'shown.yaml'), stdout);
    const [shown] = (await jsonOf(estate.run, 'config', 'check', '--config', 'shown.yaml')) as {
      settings: unknown;
    }[];
    const [own] = (await jsonOf(estate.run, 'config', 'check')) as { settings: unknown }[];
    expect(shown?.settings).toEqual(own?.settings);
    const again = await estate.run(['config', 'apply', '--config', 'shown.yaml']);
    expect(again).toMatchObject({ code: 0, stdout: 'nothing changes\n', stderr: '' });
  });

  it('prints the schema for editors, and needs a file to apply', async () => {
    const schema: unknown = JSON.parse((await estate.run(['config', 'schema'])).stdout);
    expect(schema).toMatchObject({ title: 'sightline.yaml', additionalProperties: false });
    const other = await runIn(join(estate.folder, 'reports'))(['config', 'apply']);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('there is no configuration file to apply');
  });
});
