import { readReport } from '../../collector/src/ingest/ingest.ts';
import type { Measured } from './main.ts';
import { since, withReport } from './reports.ts';

/** `sightline parse`: opens a report, finds its source, reads it. */
export async function parse([path = '']: readonly string[]): Promise<Measured> {
  const start = performance.now();
  return withReport(path, async (report) => {
    const { reports } = await readReport(report);
    const findings = reports.reduce((sum, { observations }) => sum + observations.length, 0);
    return { seconds: since(start), facts: { findings, scopes: reports.length } };
  });
}
