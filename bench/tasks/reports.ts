import { closeReport, openReports } from '../../collector/src/sources/input/index.ts';
import type { ReportInput } from '../../collector/src/sources/adapter.ts';

/** The one report that a path stands for, open while `use` runs. */
export async function withReport<T>(
  path: string,
  use: (report: { name: string; input: ReportInput; companion?: ReportInput }) => Promise<T>,
): Promise<T> {
  for await (const report of openReports([path])) {
    if (report.input === undefined) throw report.error ?? new Error(`${path} could not be opened`);
    try {
      return await use({ ...report, input: report.input });
    } finally {
      closeReport(report);
    }
  }
  throw new Error(`${path} holds no report`);
}

/** Seconds since `start` (of `performance.now()`). */
export function since(start: number): number {
  return (performance.now() - start) / 1000;
}
