import * as fs from 'node:fs';
import * as path from 'node:path';
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

/** So many small reports by one process, one account each, then the report over all. */
export function manyAccounts([accounts = '', rows = '']: readonly string[]): Promise<Measured> {
  const text = reportOf(Number(rows));
  return withFolder(async (committer, folder) => {
    const file = path.join(folder, 'report.json');
    let seconds = 0;
    let findings = 0;
    for (let number = 1; number <= Number(accounts); number++) {
      fs.writeFileSync(file, text.replaceAll(PLACEHOLDER, String(number).padStart(12, '1')));
      const start = performance.now();
      const results = await withReport(file, (report) => ingestReport(committer, report));
      seconds += since(start);
      findings += results[0]?.counts.observed ?? 0;
    }
    const start = performance.now();
    await publishReport(committer, { version: 'bench' });
    return { seconds: seconds + since(start), facts: { findings, accounts: Number(accounts) } };
  });
}
