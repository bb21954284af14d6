import type { Logger } from 'pino';
import type { Committer } from '../../lake/committer.ts';
import { scopeIdOf } from '../../lake/keys.ts';
import { retireScope } from '../../lake/lake.ts';
import { hostOf } from '../../sources/common/web.ts';
import type { Job } from '../job.ts';
import type { Leases } from '../leases.ts';
import { goneTasks } from '../status.ts';
import { taskKey, type TaskName } from '../task-state.ts';
import type { Perimeter } from './book.ts';

export interface RetireOptions {
  readonly jobs: readonly Job[];
  /** The tasks that there are now. */
  readonly known: readonly TaskName[];
  readonly leases: Leases;
  readonly perimeter: Perimeter;
  readonly committer: Committer;
  readonly log: Logger;
}

/** A site may be away for a while: what was found on it is kept as long, as it was. */
const WAIT_MS = 7 * 86_400_000;

/**
 * Retires what scanners of sites found on those that perimeter discovery finds no more: nobody scans them again, and a site that is
 * gone is no silent scanner. Only sites that came from there; what stands in `targets` is somebody's own matter.
 */
export async function retireSites({
  jobs,
  known,
  leases,
  perimeter,
  committer,
  log,
}: RetireOptions): Promise<void> {
  const now = committer.now();
  const gone = new Set(perimeter.gone.filter(({ at }) => now - at > WAIT_MS).map(({ host }) => host));
  const ours = new Set(jobs.filter((job) => job.perimeter !== undefined).map(({ name }) => name));
  if (gone.size === 0 || ours.size === 0) return;
  for (const task of goneTasks(known, leases, now)) {
    const { job, target, runs } = task;
    if (!ours.has(job) || !gone.has(hostOf(target))) continue;
    const others = leases.all().filter((state) => state !== task);
    const shared = new Set(others.flatMap((state) => state.runs.flatMap(({ scopes }) => scopes)));
    for (const scope of new Set(runs.flatMap(({ scopes }) => scopes))) {
      if (shared.has(scope)) continue;
      const head = await committer.readHead(scopeIdOf(scope));
      if (head === null || head.retired) continue;
      await retireScope(committer, scope, 'perimeter', `${hostOf(target)} is not exposed any more`, now);
      log.info({ job, target, scope }, 'the site is gone: its findings are retired');
    }
    await committer.store.remove([taskKey(task)]);
    await leases.reload(taskKey(task));
  }
}
