import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { ingestReport } from '../../collector/src/ingest/ingest.ts';
import { scopeIdOf } from '../../collector/src/lake/keys.ts';
import { SAMPLE_END, sampleReports } from '../../collector/src/sample/index.ts';
import type { Committer } from '../../collector/src/lake/committer.ts';
import type { Measured } from './main.ts';
import { since, withReport } from './reports.ts';
import { withFolder } from './store.ts';

interface Tally {
  findings: number;
  stateBytes: number;
  events: number;
  commitBytes: number;
}

/**
 * Bytes per finding and per event. `estate`: every report of the bundled sample, as the demo ingests them, over twelve
 * weeks; counted are the newest state of each scope and all commits. `large`: one ingest of the given report.
 */
export async function sizes([what = '', file = '']: readonly string[]): Promise<Measured> {
  const start = performance.now();
  const facts = await withFolder(async (committer, folder) => {
    const scopes = new Set<string>();
    const add = async (path: string): Promise<void> => {
      for (const { scope } of await withReport(path, (report) => ingestReport(committer, report)))
        scopes.add(scope);
    };
    if (what === 'estate') await ingestSample(add);
    else await add(file);
    return tallyOf(committer, folder, [...scopes]);
  });
  return { seconds: since(start), facts };
}

async function ingestSample(add: (path: string) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'sightline-bench-sample-'));
  try {
    const written: string[] = [];
    for (const report of sampleReports({ end: SAMPLE_END })) {
      const file = path.join(folder, report.path);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, report.content());
      // The list of a scan's errors is read with its report.
      if (!path.basename(file).startsWith('scoutsuite_errors')) written.push(file);
    }
    for (const file of written) await add(file);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function tallyOf(
  committer: Committer,
  folder: string,
  scopes: readonly string[],
): Promise<Record<string, number>> {
  const facts: Record<string, number> = {};
  const sum: Tally = { findings: 0, stateBytes: 0, events: 0, commitBytes: 0 };
  for (const scope of scopes) {
    const tally = await tallyOfScope(committer, folder, scope);
    if (scopes.length > 1)
      facts[`${scope}: bytes per finding (${tally.findings})`] = ratio(tally.stateBytes, tally.findings);
    sum.findings += tally.findings;
    sum.stateBytes += tally.stateBytes;
    sum.events += tally.events;
    sum.commitBytes += tally.commitBytes;
  }
  return {
    ...facts,
    ...sum,
    bytesPerFinding: ratio(sum.stateBytes, sum.findings),
    bytesPerEvent: ratio(sum.commitBytes, sum.events),
  };
}

async function tallyOfScope(committer: Committer, folder: string, scope: string): Promise<Tally> {
  const { head } = await committer.readBase(scopeIdOf(scope));
  const commits = path.join(folder, 'commits', scopeIdOf(scope));
  const events = head?.commits.reduce((total, commit) => total + commit.events, 0) ?? 0;
  return {
    findings: head?.state?.rows ?? 0,
    stateBytes: head?.state?.bytes ?? 0,
    events,
    commitBytes: fs
      .readdirSync(commits)
      .reduce((total, name) => total + fs.statSync(path.join(commits, name)).size, 0),
  };
}

function ratio(bytes: number, count: number): number {
  return count === 0 ? 0 : bytes / count;
}
