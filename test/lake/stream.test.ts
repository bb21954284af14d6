import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Finding } from '../../collector/src/findings/finding.ts';
import { ingestReport } from '../../collector/src/ingest/ingest.ts';
import { inputReader } from '../../collector/src/ingest/stored-input.ts';
import { Committer } from '../../collector/src/lake/committer.ts';
import { scopeIdOf } from '../../collector/src/lake/keys.ts';
import { rebuildScope } from '../../collector/src/lake/rebuild.ts';
import { bufferInput } from '../../collector/src/sources/input/index.ts';
import { FilesystemStore } from '../../collector/src/store/index.ts';
import { byFingerprint, checkScope } from '../support/invariants.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 8, 7, 4);
const SCOPE_ID = scopeIdOf('falco/kubernetes/prod-eu');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-stream-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function event(day: number, rule: string): string {
  return JSON.stringify({
    output: `${rule} (command=bash)`,
    priority: 'Warning',
    rule,
    time: new Date(START + day * DAY).toISOString(),
    output_fields: { 'k8s.ns.name': 'shop', 'k8s.pod.name': 'web-6d8f9c7b5d-x2k4q' },
  });
}

async function statesOf(committer: Committer): Promise<Finding[]> {
  const { state } = await committer.readBase(SCOPE_ID);
  return byFingerprint(state.findings.values());
}

it('events open, go on, are over after the quiet time and return, and a rebuild says the same', async () => {
  const committer = new Committer({ store: new FilesystemStore(folder), now: () => START + 100 * DAY });
  const stream = async (...lines: readonly string[]) => {
    const input = bufferInput('events.ndjson', Buffer.from(lines.join('\n')));
    const [result] = await ingestReport(
      committer,
      { name: 'events.ndjson', input },
      { place: { account: 'prod-eu' } },
    );
    return result?.counts;
  };
  expect(await stream(event(0, 'shell'), event(0, 'miner'))).toMatchObject({ baseline: 2, drift: 0 });
  expect(await stream(event(1, 'tunnel'))).toMatchObject({ drift: 1, fixed: 0 });
  expect(await stream(event(10, 'shell'))).toMatchObject({ drift: 0, fixed: 0 });
  // The miner was last seen on day 0, the tunnel on day 1; the shell still is about.
  expect(await stream(event(16, 'shell'))).toMatchObject({ fixed: 2 });
  expect(await stream(event(17, 'miner'))).toMatchObject({ reopened: 1 });

  const states = (await statesOf(committer)).map(({ ruleId, scanner, closedCause, fixedAt }) => ({
    ruleId,
    scanner,
    closedCause,
    fixedAt,
  }));
  expect(states).toContainEqual({
    ruleId: 'tunnel',
    scanner: 'fixed',
    closedCause: 'quiet',
    fixedAt: START + 15 * DAY,
  });
  expect(
    states
      .filter(({ scanner }) => scanner === 'open')
      .map(({ ruleId }) => ruleId)
      .sort(),
  ).toEqual(['miner', 'shell']);

  const readInput = inputReader(committer.store);
  await checkScope(committer, SCOPE_ID, readInput, 'after the stream');
  const before = await statesOf(committer);
  await rebuildScope(committer, SCOPE_ID, readInput);
  expect(await statesOf(committer)).toEqual(before);
});
