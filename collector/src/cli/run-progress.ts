import type { WorkView } from '../scanners/worker.ts';
import type { CliContext } from './context.ts';
import { printable } from './output.ts';
import { createProgress, type Progress } from './progress.ts';

export interface RunProgress {
  readonly onWork: (work: WorkView) => void;
  /** May be called twice. */
  readonly stop: () => void;
}

const TICK_MS = 1_000;

/** How many of how many runs are done, which one has been under way for longest, and for how long; on a terminal only. */
export function runProgress(
  context: Pick<CliContext, 'interactive' | 'stderr' | 'stdout' | 'now'>,
  json: boolean,
): RunProgress {
  if (!context.interactive || json) return { onWork: () => undefined, stop: () => undefined };
  let progress: Progress | undefined;
  let work: WorkView = { done: 0, waiting: 0, running: [] };
  const show = (): void => {
    const total = work.done + work.waiting + work.running.length;
    progress ??= createProgress(context, total, 'count');
    progress.update(work.done, labelOf(work, context.now()), total);
  };
  let tick: NodeJS.Timeout | undefined;
  let stopped = false;
  return {
    onWork: (now) => {
      if (stopped) return;
      work = now;
      tick ??= setInterval(show, TICK_MS);
      show();
    },
    stop: () => {
      stopped = true;
      clearInterval(tick);
      progress?.stop();
      progress = undefined;
    },
  };
}

/** `2:10 +3 prowler-nightly aws/123456789012`: the one that began first, since when, and how many others. */
export function labelOf({ running }: WorkView, now: number): string {
  const [first, ...others] = running;
  if (first === undefined) return '';
  const seconds = Math.max(0, Math.floor((now - first.since) / 1_000));
  const since = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  const more = others.length === 0 ? '' : `+${others.length} `;
  return `${since} ${more}${first.task.job} ${printable(first.task.target)}`;
}
