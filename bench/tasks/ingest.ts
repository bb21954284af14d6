import * as path from 'node:path';
import { ingestReport, type ScopeResult } from '../../collector/src/ingest/ingest.ts';
import { Committer } from '../../collector/src/lake/committer.ts';
import { publishReport } from '../../collector/src/reports/publish.ts';
import type { Measured } from './main.ts';
import { since, withReport } from './reports.ts';
import { bytesIn, filesIn, withFolder } from './store.ts';

const VERSION = 'bench';

function eventsOf(results: readonly ScopeResult[]): number {
  return results.reduce((sum, { counts: { observed: _observed, ...events } }) => {
    return sum + Object.values(events).reduce((total, count) => total + count, 0);
  }, 0);
}

/** Everything that `sightline ingest` does: parse, compare, commit, report. */
async function ingestFile(committer: Committer, file: string): Promise<readonly ScopeResult[]> {
  const results = await withReport(file, (report) => ingestReport(committer, report));
  await publishReport(committer, { version: VERSION });
  return results;
}

/** Into a new folder. */
export function ingest([file = '']: readonly string[]): Promise<Measured> {
  return withFolder(async (committer, folder) => {
    const start = performance.now();
    const results = await ingestFile(committer, file);
    const seconds = since(start);
    return {
      seconds,
      facts: {
        findings: results.reduce((sum, { counts }) => sum + counts.observed, 0),
        events: eventsOf(results),
        rawBytes: bytesIn(path.join(folder, 'raw')),
        stateBytes: bytesIn(path.join(folder, 'state')),
        commitBytes: bytesIn(path.join(folder, 'commits')),
      },
    };
  });
}

/**
 * A second report on top of a first one, by a collector that has just been started: it reads head and state from the
 * folder. Only the second one counts.
 */
export function ingestAgain([first = '', second = '']: readonly string[]): Promise<Measured> {
  return withFolder(async (committer, folder) => {
    await ingestFile(committer, first);
    const states = filesIn(path.join(folder, 'state'));
    const fresh = new Committer({ store: committer.store, now: Date.now });
    const start = performance.now();
    const results = await ingestFile(fresh, second);
    const seconds = since(start);
    return {
      seconds,
      facts: {
        findings: results.reduce((sum, { counts }) => sum + counts.observed, 0),
        events: eventsOf(results),
        newStates: filesIn(path.join(folder, 'state')) - states,
      },
    };
  });
}
