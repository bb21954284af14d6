import { describe, expect, it } from 'vitest';
import type { Account, Job, ScannerId, Target } from '../job.ts';
import { SCANNERS } from '../job.ts';
import { kindOf, type ProgramKind } from './index.ts';

const account = (cloud: string, id: string): Target => {
  const found: Account = {
    ...{ cloud, account: id, name: null, team: null, environment: null },
    ...{ labels: {}, enabled: true, credentials: null, origin: 'configuration' },
  };
  return { kind: 'account', account: found };
};

const job: Job = {
  ...{ name: 'j', scanner: 'command', enabled: true, timezone: 'UTC', jitterMs: 0, catchUp: true },
  ...{ targets: [], regions: [], args: [], reports: [], complete: false, env: {}, timeoutMs: 1 },
  ...{ attempts: 1, backoffMs: 1, nice: 0, concurrency: 1, command: ['scan', '{target}'] },
};

const folder = '/tmp/run';
const places = (target: Target, regions: readonly string[] = []) => ({
  ...{ target, regions, folder, output: `${folder}/output`, targetsFile: `${folder}/targets.txt` },
});
const program = (id: ScannerId): ProgramKind => {
  const kind = kindOf(id);
  if (kind.run !== 'program') throw new Error(`${id} is no program`);
  return kind;
};
const argv = (id: ScannerId, target: Target, regions?: readonly string[]): string =>
  program(id).argv(job, places(target, regions)).join(' ');

describe('scanners', () => {
  it('are told the account in the way of its cloud', () => {
    expect(argv('prowler', account('aws', '123456789012'), ['eu-west-1', 'us-east-1'])).toBe(
      'prowler aws --output-formats json-ocsf --output-directory /tmp/run/output --output-filename prowler --log-level ERROR --log-file /tmp/run/output/prowler.log --no-banner --region eu-west-1 us-east-1',
    );
    expect(argv('prowler', account('azure', 'sub-1'))).toContain('--sp-env-auth --subscription-ids sub-1');
    expect(argv('scoutsuite', account('gcp', 'my-project'))).toContain('--project-id my-project');
    expect(() => argv('prowler', account('oci', 'x'))).toThrow('not run for oci');
  });

  it.each(SCANNERS.filter((id) => kindOf(id).run === 'program' && kindOf(id).per === 'target'))(
    '%s takes no target for an option',
    (id) => {
      const make = (value: string): unknown[] => {
        const where = places({ kind: 'one', value });
        return [program(id).argv(job, where), program(id).files?.(job, where)];
      };
      expect(() => make('-oN/etc/x')).toThrow('would take it for an option');
      expect(JSON.stringify(make('https://example.org'))).toContain('https://example.org');
    },
  );

  it('ZAP gets a plan in which an address is only an address', () => {
    const evil = 'https://example.org/"\n- type: script';
    expect(() => program('zap').files?.(job, places({ kind: 'one', value: evil }))).toThrow('no target');
    const plan = (mode: string): string =>
      program('zap').files?.({ ...job, mode }, places({ kind: 'one', value: 'https://example.org/"}' }))[
        'zap.yaml'
      ] ?? '';
    expect(JSON.parse(plan('baseline'))).toMatchObject({
      env: { contexts: [{ urls: ['https://example.org/"}'] }] },
    });
    expect(plan('baseline')).not.toContain('activeScan');
    expect(plan('full')).toContain('activeScan');
  });
});
