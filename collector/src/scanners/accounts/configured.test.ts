import { describe, expect, it } from 'vitest';
import type { Account, Job } from '../job.ts';
import { TaskList } from '../tasks.ts';
import { accountsOfEnvironment, configuredAccount } from './configured.ts';

describe('accounts', () => {
  it('come out of the environment, with their cloud told by what their ids look like', () => {
    const found = accountsOfEnvironment(
      '123456789012=payments prod, azure/8a7f0c1e-1111-4222-8333-444455556666,my-project,8a7f0c1e-1111-4222-8333-444455556666=x',
    );
    expect(found.map(({ cloud, account, name }) => [cloud, account, name])).toEqual([
      ['aws', '123456789012', 'payments prod'],
      ['azure', '8a7f0c1e-1111-4222-8333-444455556666', null],
      ['gcp', 'my-project', null],
      ['azure', '8a7f0c1e-1111-4222-8333-444455556666', 'x'],
    ]);
    expect(accountsOfEnvironment('')).toEqual([]);
    expect(() => accountsOfEnvironment('-oN')).toThrow('SIGHTLINE_ACCOUNTS holds "-oN", which is no account');
    expect(() => accountsOfEnvironment('a b c')).toThrow('is no account');
  });

  const job: Job = {
    ...{ name: 'j', scanner: 'prowler', enabled: true, timezone: 'UTC', jitterMs: 0, catchUp: true },
    ...{ targets: [], regions: [], args: [], reports: [], complete: false, env: {}, timeoutMs: 1 },
    ...{ attempts: 1, backoffMs: 1, nice: 0, concurrency: 1, schedule: '0 3 * * *', accounts: {} },
  };
  const accounts: Account[] = [
    configuredAccount({ account: '111111111111', name: 'payments-prod', environment: 'production' }),
    configuredAccount({ account: '222222222222', name: 'payments-test', labels: { tier: '1' } }),
    configuredAccount({ account: '333333333333', enabled: false }),
    configuredAccount({ cloud: 'github', account: 'org' }),
  ];
  const targets = (more: Partial<Job>): string[] =>
    new TaskList([{ ...job, ...more }], { scanners: {} }).scheduled(accounts).map(({ target }) => target);

  it('are scanned if they are enabled and of a cloud that the scanner knows', () => {
    expect(targets({})).toEqual(['aws/111111111111', 'aws/222222222222']);
    expect(targets({ scanner: 'command', command: ['x'] })).toContain('github/org');
    expect(targets({ enabled: false })).toEqual([]);
    expect(targets({ schedule: undefined })).toEqual([]);
  });

  it('are chosen by patterns, all of which must match', () => {
    expect(targets({ accounts: { name: ['payments-*'], environment: ['prod*'] } })).toEqual([
      'aws/111111111111',
    ]);
    expect(targets({ accounts: { label: { tier: ['1', '2'] } } })).toEqual(['aws/222222222222']);
    expect(targets({ accounts: { team: ['*'] } })).toEqual([]);
  });
});
