import { publishReport } from '../../reports/publish.ts';
import type { ApiOptions } from './options.ts';

export type PublishedReport = { readonly date: string; readonly written: boolean } | null;

/**
 * Makes and publishes the report, one at a time. Who asks while one is being made gets the next one, together with all others
 * who asked meanwhile: it knows what each of them has committed.
 */
export function publisher({ committer, report, log }: Pick<ApiOptions, 'committer' | 'report' | 'log'>) {
  let running: Promise<PublishedReport> | null = null;
  let next: Promise<PublishedReport> | null = null;

  async function publish(): Promise<PublishedReport> {
    try {
      const { report: made, written } = await publishReport(committer, report);
      return { date: made.report_date, written };
    } catch (error) {
      // The findings are in: the next report will have them.
      log.error({ err: error }, 'the report could not be published');
      return null;
    }
  }

  function start(): Promise<PublishedReport> {
    next = null;
    const done = publish().finally(() => {
      if (running === done) running = null;
    });
    running = done;
    return done;
  }

  return (): Promise<PublishedReport> => {
    if (running === null) return start();
    next ??= running.then(start);
    return next;
  };
}
