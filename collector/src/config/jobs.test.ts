import { describe, expect, it } from 'vitest';
import { parseConfig } from './parse.ts';
import { settingsOf } from './settings.ts';

const read = (text: string) => parseConfig(text, 'sightline.yaml', { PORT: '1' });

const problem = (text: string): string => {
  try {
    read(text);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
};

const job = (more: string): string => `jobs:\n  - { name: nightly, ${more} }\n`;

describe('jobs in the configuration', () => {
  it('have their defaults, and lengths of time as people write them', () => {
    const { jobs } = read(
      job(`scanner: prowler, schedule: '0 3 * * *', accounts: {}, jitter: 30m, timeout: 1.5h`),
    );
    expect(jobs).toMatchObject([
      {
        enabled: true,
        timezone: 'UTC',
        jitter: 1_800_000,
        timeout: 5_400_000,
        backoff: 60_000,
        catchUp: true,
        attempts: 2,
        nice: 10,
        concurrency: 4,
      },
    ]);
  });

  it.each([
    [`scanner: prowler, schedule: 'every night', accounts: {}`, 'must be five fields of cron that ever come'],
    [`scanner: prowler, accounts: {}, timeout: 30d`, 'must be at most 24d'],
    [`scanner: prowler, schedule: '0 0 31 2 *', accounts: {}`, 'must be five fields of cron that ever come'],
    [`scanner: prowler, schedule: '* * * * * *', accounts: {}`, 'must be five fields of cron that ever come'],
    [`scanner: prowler, timezone: Berlin, accounts: {}`, 'must be a time zone'],
    [`scanner: prowler, accounts: {}, timeout: 90 minutes`, 'length of time'],
    [`scanner: prowler`, 'accounts: is required for this scanner'],
    [`scanner: nmap`, 'targets: is required for this scanner'],
    [`scanner: nmap, targets: ['-oN/etc/x']`, 'must not begin with a dash'],
    [`scanner: zap, targets: [x], mode: image`, 'is none of this scanner: baseline, full'],
    [`scanner: inbox, targets: [./reports]`, '"./reports" is no s3://bucket/prefix/'],
    [`scanner: sqs, targets: ['arn:aws:sqs:eu-west-1:1:q']`, 'is no https://sqs.eu-west-1.amazonaws.com/'],
    [`scanner: nmap, targets: [x], after: delete`, 'after: is for the scanner `inbox` only'],
    [`scanner: command`, 'command: is required for this scanner'],
    [`scanner: securityhub`, 'accounts: is required for this scanner'],
    [`scanner: inspector2, accounts: {}, complete: true`, 'which knows what it has listed'],
    [`scanner: ecr, accounts: {}, source: trivy`, 'which has one of its own'],
    [`scanner: ecr, accounts: {}, fullEvery: 1d`, 'is for the scanner `securityhub` only'],
    [`scanner: macie, accounts: {}, images: 3`, 'is for the scanner `ecr` only'],
    [`scanner: command, command: [x, '{acount}']`, 'unknown placeholder'],
    [`scanner: prowler, accounts: {}, credentials: audit`, 'is no entry of `credentials`'],
  ])('are refused where they can not mean anything: %s', (text, message) => {
    const said = problem(job(text));
    expect(said).toContain('sightline.yaml:2:');
    expect(said).toContain(message);
  });

  it('hold no secret: it is read from somewhere else', () => {
    expect(problem(`chat:\n  - { name: a, kind: slack, url: 'https://hooks.example.org/x' }`)).not.toBe('');
    expect(problem(`chat:\n  - { name: a, kind: slack, url: { env: HOOK } }`)).toBe('');
    expect(problem(`chat:\n  - { name: a, kind: slack, url: { env: HOOK, file: /x } }`)).not.toBe('');
  });

  it('say nothing of what findings are: how an account is scanned is left out of what the bucket keeps', () => {
    const file = read(`
accounts: [{ account: '123456789012', team: core, enabled: false, credentials: audit }]
credentials: { audit: { aws: { roleArn: 'arn:aws:iam::{account}:role/x' } } }`);
    expect(settingsOf(file).accounts).toEqual([{ account: '123456789012', team: 'core' }]);
  });
});
