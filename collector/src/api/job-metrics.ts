import type { Logger } from 'pino';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { EpochMs } from '../findings/model.ts';
import { Leases } from '../scanners/leases.ts';
import type { TaskState } from '../scanners/task-state.ts';
import type { ObjectStore } from '../store/object-store.ts';

/** Only what stands in the bucket: every server of it says the same, whoever ran the scans. Labels are names of jobs. */
export function jobMetrics(
  registry: Registry,
  store: ObjectStore,
  now: () => EpochMs,
  log: Logger,
): () => Promise<void> {
  const tasks = new Gauge({
    name: 'sightline_job_tasks',
    help: 'Tasks of a job by how they stand: running, or the outcome of their last run.',
    labelNames: ['job', 'standing'],
    registers: [registry],
  });
  const lastComplete = new Gauge({
    name: 'sightline_job_last_complete_timestamp_seconds',
    help: 'When the last complete run ended, of the task of the job that has waited longest; 0 if one has never had any.',
    labelNames: ['job'],
    registers: [registry],
  });
  const missed = new Counter({
    name: 'sightline_job_missed_slots_total',
    help: 'Scheduled runs that were missed, over all tasks of the job.',
    labelNames: ['job'],
    registers: [registry],
  });
  const leases = new Leases(store);
  return async () => {
    try {
      await leases.refresh();
    } catch (error) {
      log.error({ err: error }, 'the jobs could not be read for the metrics');
      return;
    }
    for (const metric of [tasks, lastComplete, missed]) metric.reset();
    for (const [job, states] of byJob(leases.all())) {
      for (const state of states) tasks.inc({ job, standing: standingOf(state, now()) });
      lastComplete.set({ job }, Math.min(...states.map(lastCompleteOf)) / 1000);
      missed.inc(
        { job },
        states.reduce((sum, { missedTotal }) => sum + missedTotal, 0),
      );
    }
  };
}

function byJob(states: readonly TaskState[]): Map<string, TaskState[]> {
  const jobs = new Map<string, TaskState[]>();
  for (const state of states) jobs.set(state.job, [...(jobs.get(state.job) ?? []), state]);
  return jobs;
}

function standingOf({ running, runs }: TaskState, now: EpochMs): string {
  if (running !== null && now < running.until) return 'running';
  const last = runs[0];
  if (last === undefined) return 'waiting';
  return last.outcome === 'complete' ? 'ok' : last.outcome;
}

function lastCompleteOf({ runs }: TaskState): EpochMs {
  return runs.find(({ outcome }) => outcome === 'complete')?.endedAt ?? 0;
}
