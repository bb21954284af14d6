import { describe, expect, it } from 'vitest';
import { accountOf, completed, DEFAULT_SETTINGS, type Settings } from './settings.ts';

const found = { discovery: 'organization', cloud: 'aws', account: '1' };

function settings(parts: Partial<Settings>): Settings {
  return { ...DEFAULT_SETTINGS, ...parts };
}

describe('what is known of an account', () => {
  it('is nothing where nobody says anything', () => {
    expect(accountOf(DEFAULT_SETTINGS, 'aws', '1')).toEqual({});
  });

  it('is what `accounts` says and, field by field and label by label, what was found of the rest', () => {
    const both = settings({
      accounts: [{ account: '1', team: 'ours', labels: { tier: '1', zone: 'a' } }],
      discovered: [
        {
          ...found,
          name: 'payments',
          team: 'theirs',
          environment: 'test',
          labels: { tier: '9', cost: '42' },
        },
      ],
    });
    expect(accountOf(both, 'aws', '1')).toEqual({
      name: 'payments',
      team: 'ours',
      environment: 'test',
      labels: { tier: '1', zone: 'a', cost: '42' },
    });
  });

  it('is of that cloud only; `accounts` may leave the cloud open', () => {
    const open = settings({
      accounts: [
        { account: '1', cloud: 'gcp', team: 'google' },
        { account: '1', environment: 'production' },
      ],
      discovered: [{ ...found, team: 'core' }],
    });
    expect(accountOf(open, 'aws', '1')).toMatchObject({ team: 'core', environment: 'production' });
    expect(accountOf(open, 'gcp', '1')).toMatchObject({ team: 'google' });
    expect(accountOf(open, 'azure', '1')).toEqual({ account: '1', environment: 'production' });
    const discovered = [{ ...found, name: 'n' }];
    expect(completed({ team: 'core' }, discovered, undefined, '1')).toMatchObject({
      name: 'n',
      team: 'core',
    });
    expect(completed({ team: 'core' }, discovered, 'gcp', '1')).toEqual({ team: 'core' });
  });

  it('comes from the first of two discoveries that says it', () => {
    const two = settings({
      discovered: [
        { ...found, discovery: 'a', name: 'first' },
        { ...found, discovery: 'b', name: 'second', team: 'core' },
      ],
    });
    expect(accountOf(two, 'aws', '1')).toMatchObject({ name: 'first', team: 'core' });
  });
});
