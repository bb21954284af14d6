import { describe, expect, it } from 'vitest';
import { CellIndex } from '../findings/cells.ts';
import type { Finding } from '../findings/finding.ts';
import { applyRun } from '../findings/lifecycle.ts';
import { DEFAULT_SETTINGS } from '../findings/settings.ts';
import { EMPTY_STATE } from '../findings/state.ts';
import { DAY, observation, run, T0 } from '../findings/testing/builders.ts';
import { type FindingFilter, isWanted } from './finding-filter.ts';

const { next } = applyRun(
  EMPTY_STATE,
  run({
    observations: [
      observation({
        resource: 'arn:aws:s3:::customers',
        resourceName: 'Customers',
        cve: ['CVE-2026-1234'],
        tags: { team: 'data', __proto__x: '1' },
      }),
    ],
  }),
  DEFAULT_SETTINGS,
);
const [finding] = [...next.findings.values()];

function wanted(filter: Partial<FindingFilter>, now = T0 + DAY, changes: Partial<Finding> = {}): boolean {
  if (finding === undefined) throw new Error('the run opened nothing');
  return isWanted({ ...finding, ...changes }, { status: [], ...filter }, new CellIndex(next.cells), now);
}

describe('a filter of findings', () => {
  it('wants all when nothing is asked for', () => {
    expect(wanted({})).toBe(true);
  });

  it.each<[Partial<FindingFilter>, boolean]>([
    [{ status: ['open'] }, true],
    [{ status: ['fixed', 'muted'] }, false],
    [{ severity: ['HIGH'] }, true],
    [{ severity: ['LOW', 'CRITICAL'] }, false],
    [{ resource: ['cust*'] }, true],
    [{ resource: ['*:::customers'] }, true],
    [{ resource: ['other', '*x'] }, false],
    [{ region: ['eu-*'], service: ['s3'], rule: ['S3_PUBLIC'] }, true],
    [{ region: ['eu-*'], service: ['ec2'] }, false],
    [{ team: ['*'] }, false],
    [{ label: ['team=d*'] }, true],
    [{ label: ['team'] }, true],
    [{ label: ['team=data', 'tier=1'] }, false],
    [{ label: ['constructor'] }, false],
    [{ search: 'cve-2026' }, true],
    [{ search: 'customers FAILS' }, true],
    [{ search: 'orders' }, false],
    [{ fingerprint: finding?.fingerprint.slice(0, 9) ?? '' }, true],
    [{ fingerprint: '0123456789' }, false],
  ])('takes %j for %s', (filter, expected) => {
    expect(wanted(filter)).toBe(expected);
  });

  it('knows what is overdue by now', () => {
    expect(wanted({ overdue: true }, T0 + 29 * DAY)).toBe(false);
    expect(wanted({ overdue: true }, T0 + 31 * DAY)).toBe(true);
  });

  it('takes as new what something changed, also what came back, and not what onboarding found', () => {
    expect(wanted({ newSince: T0 - DAY })).toBe(false);
    expect(wanted({ newSince: T0 - DAY }, T0, { openedCause: 'drift' })).toBe(true);
    expect(wanted({ newSince: T0 + DAY }, T0, { openedCause: 'drift' })).toBe(false);
    expect(wanted({ newSince: T0 + DAY }, T0, { openedCause: 'drift', reopenedAt: T0 + 2 * DAY })).toBe(true);
  });

  it('goes by the status that holds at the time', () => {
    const verdict = { id: 'v', kind: 'accepted', until: T0 + DAY, by: 'b', reason: 'r', at: T0 } as const;
    expect(wanted({ status: ['accepted'] }, T0, { verdict })).toBe(true);
    expect(wanted({ status: ['accepted'] }, T0 + 2 * DAY, { verdict })).toBe(false);
    expect(wanted({ status: ['open'] }, T0 + 2 * DAY, { verdict })).toBe(true);
  });
});
