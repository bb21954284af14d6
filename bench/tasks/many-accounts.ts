import * as fs from 'node:fs';
import * as path from 'node:path';
import * as v8 from 'node:v8';
import * as vm from 'node:vm';
import { writeOcsf } from '../generate/prowler.ts';
import { ingestReport } from '../../collector/src/ingest/ingest.ts';
import { publishReport } from '../../collector/src/reports/publish.ts';
import { FIRST_SCAN } from '../harness/inputs.ts';
import type { Measured } from './main.ts';
import { since, withReport } from './reports.ts';
import { withFolder } from './store.ts';

const PLACEHOLDER = '000000000000';

/** A report of one account with `rows` rows, nine tenths of them failing; other accounts differ by their number only. */
function reportOf(rows: number): string {
  const parts: string[] = [];
  const findings = Math.round(rows * 0.9);
  writeOcsf(
    { write: (text) => parts.push(text) },
    { account: PLACEHOLDER, findings, passes: rows - findings, at: FIRST_SCAN },
  );
  return parts.join('');
}

/** Where the number of the account stands: it is written over in place, so that making reports leaves no garbage to measure. */
function placesIn(report: Buffer): number[] {
  const places: number[] = [];
  for (let at = report.indexOf(PLACEHOLDER); at >= 0; at = report.indexOf(PLACEHOLDER, at + 1))
    places.push(at);
  return places;
}

/** So many small reports by one process, one account each, then the report over all. */
export function manyAccounts([accounts = '', rows = '']: readonly string[]): Promise<Measured> {
  const report = Buffer.from(reportOf(Number(rows)));
  const places = placesIn(report);
  return withFolder(async (committer, folder) => {
    const file = path.join(folder, 'report.json');
    let seconds = 0;
    let findings = 0;
    for (let number = 1; number <= Number(accounts); number++) {
      for (const place of places) report.write(String(number).padStart(12, '1'), place);
      fs.writeFileSync(file, report);
      const start = performance.now();
      const results = await withReport(file, (opened) => ingestReport(committer, opened));
      seconds += since(start);
      findings += results[0]?.counts.observed ?? 0;
    }
    const ingested = process.resourceUsage().maxRSS * 1024;
    const start = performance.now();
    await publishReport(committer, { version: 'bench' });
    return {
      seconds: seconds + since(start),
      facts: { findings, accounts: Number(accounts), peakBeforeReport: ingested, heapUsed: liveHeap() },
    };
  });
}

/** Bytes of the JavaScript heap that are still in use after everything else was collected. */
function liveHeap(): number {
  v8.setFlagsFromString('--expose-gc');
  vm.runInNewContext('gc()');
  return process.memoryUsage().heapUsed;
}
