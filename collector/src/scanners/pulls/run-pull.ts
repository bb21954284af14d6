import { type Attempt, type ExecutorOptions, type ScanTask, sourceFor } from '../attempt.ts';
import type { PullKind } from '../kinds/index.ts';
import type { RunRequest } from '../worker.ts';
import { pullOnce } from './attempt.ts';
import { memoryOf } from './memory.ts';
import { settle, takeReports } from './take-reports.ts';

/** Each of its reports is taken in with what is known of it; only then is what was asked settled with whoever was asked. */
export async function runPull(
  options: ExecutorOptions,
  kind: PullKind,
  { task, cursor, signal, confirm }: RunRequest<ScanTask>,
  folder: string,
): Promise<Attempt | null> {
  const { details: job, on } = task;
  const { clock, env, secrets, log, store } = options;
  const observedAt = clock.now();
  const over = new AbortController();
  try {
    const pulled = await pullOnce(kind, {
      ...{ job, on, cursor, observedAt, signal, folder, timeoutMs: job.timeoutMs, now: () => clock.now() },
      log: log.child({ job: job.name, target: task.target }),
      credentials: sourceFor(options, job, on),
      context: { env, secrets, log },
      outside: options.outside,
      over: over.signal,
      memory: memoryOf(store, task, () => clock.now()),
    });
    if (!(await confirm())) return null;
    const { scopes, refused } = await takeReports(options.takeIn, { job, on, pulled, observedAt });
    const { end, failure } = pulled;
    return { end, failure, ...(await settle(pulled, scopes, refused)) };
  } finally {
    over.abort();
  }
}
