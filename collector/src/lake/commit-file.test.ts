import { describe, expect, it } from 'vitest';
import type { FindingEvent } from '../findings/events.ts';
import { type Commit, decodeCommit, encodeCommit } from './commit-file.ts';

const SERVICES = ['s3', 'iam', 'ec2'];

function eventOf(index: number): FindingEvent {
  return {
    kind: index % 3 === 0 ? 'fixed' : 'opened',
    cause: index % 3 === 0 ? 'resolved' : 'drift',
    at: 1_795_143_600_000,
    fingerprint: index.toString(16).padStart(32, '0'),
    formerFingerprint: null,
    scanner: 'open',
    openedCause: 'drift',
    closedCause: null,
    verdict: null,
    verdictUntil: null,
    mute: index % 50 === 0 ? 'website' : null,
    muteUntil: index % 50 === 0 ? 1_800_000_000_000 : null,
    severity: 'HIGH',
    score: 80,
    cell: `${SERVICES[index % 3] ?? ''}@eu-west-1`,
    region: 'eu-west-1',
    service: SERVICES[index % 3] ?? '',
    class: 'exposure',
    ruleId: `rule-${index % 11}`,
    resourceType: 'AwsS3Bucket',
    resourceId: `arn:aws:s3:::größe-${index % 700}`,
    resourceName: null,
    accountName: 'prod',
    team: null,
    environment: null,
    labels: { team: `t${index % 4}` },
    frameworks: index % 2 === 0 ? [] : ['CIS 1.4:2.1.1'],
    firstSeen: 1_795_143_600_000 - index,
    fixedAt: null,
    reopenedAt: null,
    reopenCount: 0,
    dueAt: null,
  };
}

function commitOf(events: number): Commit {
  return {
    id: '000001-abc',
    scope: 'prowler/aws/111122223333',
    generation: 1,
    seq: 1,
    at: 1_795_143_600_000,
    config: null,
    input: { kind: 'retire', id: 'r', at: 1_795_143_600_000, by: 'ada', reason: 'gone' },
    run: null,
    events: Array.from({ length: events }, (_, index) => eventOf(index)),
  };
}

describe('a commit file', () => {
  // 40,000 events are compressed in several parts.
  it.each([0, 1, 2, 500, 40_000])('with %i events comes back as it was', async (events) => {
    const commit = commitOf(events);
    expect(decodeCommit(await encodeCommit(commit), 'commits/x')).toEqual(commit);
  });

  it('takes a few dozen bytes for each of many events', async () => {
    const events = 5_000;
    expect((await encodeCommit(commitOf(events))).byteLength / events).toBeLessThan(40);
  });

  it('says which object is broken', async () => {
    const cut = (await encodeCommit(commitOf(3))).subarray(0, 100);
    expect(() => decodeCommit(cut, 'commits/x')).toThrow(/commits\/x/);
  });
});
