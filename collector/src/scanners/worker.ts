import type { Logger } from 'pino';
import { messageOf, SightlineError } from '../errors.ts';
import type { EpochMs } from '../findings/model.ts';
import { sha256 } from '../lake/keys.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { Clock } from './clock.ts';
import { type Changes, noChanges } from './counts.ts';
import { claimByHand, decide, type Decision, DEFAULT_POLICY, type Policy, type TaskPlan } from './decide.ts';
import { type Held, Leases } from './leases.ts';
import { RunLease } from './run-lease.ts';
import { type RunRecord, type Running, taskKey, type TaskName } from './task-state.ts';

/** What a worker has to know of a task; whoever carries it out knows more. */
export interface WorkerTask extends TaskName {
  readonly plan: TaskPlan;
  /** What it takes a place in, with the places there are: its scanner, its job. */
  readonly pools: readonly { readonly name: string; readonly places: number }[];
}

/** How a run went, as its executor says. */
export interface RunResult extends Changes {
  readonly outcome: RunRecord['outcome'];
  readonly reason: string | null;
  readonly attempts: number;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stderr: string;
  readonly scopes: readonly string[];
  /** Where the next run goes on from, as JSON; undefined: where this one did. */
  readonly cursor?: unknown;
}

export interface RunRequest<T> {
  readonly task: T;
  readonly running: Running;
  /** What the last run that ended well left to go on from; null for none. */
  readonly cursor: unknown;
  /** The run is to end: the collector ends, or somebody else has taken it over. */
  readonly signal: AbortSignal;
  /** Whether the run is still ours; to be asked before anything of it is written. */
  readonly confirm: () => Promise<boolean>;
}

export interface WorkerOptions<T extends WorkerTask> {
  readonly store: ObjectStore;
  readonly clock: Clock;
  /** A name that no other collector has. */
  readonly owner: string;
  readonly log: Logger;
  /** Runs at once. */
  readonly places: number;
  readonly policy?: Policy;
  /** The tasks there are now; asked in each round. */
  readonly tasks: () => Promise<readonly T[]>;
  readonly execute: (request: RunRequest<T>) => Promise<RunResult>;
  /** Whenever a run begins or ends. */
  readonly onChange?: (work: WorkView) => void;
  /** After each round: what has to be told of what was done. */
  readonly afterRound?: (leases: Leases, tasks: readonly T[], idle: boolean) => Promise<void>;
}

/** What a worker is at. */
export interface WorkView {
  readonly done: number;
  /** Due, and not begun for want of a place. */
  readonly waiting: number;
  /** In the order in which they began. */
  readonly running: readonly { readonly task: TaskName; readonly since: EpochMs }[];
}

/** A look at the bucket at least so often: to take over what a dead collector left, and to see what others did. */
const POLL_MS = 60_000;
/** What others took in the meantime is looked up at most so often: a claim that comes too late is refused in any case. */
const REFRESH_MS = 15_000;
/** Of writing down how a run ended, to a store that is away. */
const GIVE_UP_MS = 15 * 60_000;

/** Carries out what is due, together with any number of others on the same bucket. */
export class Worker<T extends WorkerTask> {
  readonly leases: Leases;
  readonly owner: string;
  readonly #options: WorkerOptions<T>;
  readonly #policy: Policy;
  readonly #running = new Map<string, Promise<void>>();
  readonly #busy = new Map<string, number>();
  readonly #stop = new AbortController();
  readonly #orders = new WeakMap<T, string>();
  readonly #view = new Map<string, WorkView['running'][number]>();
  /** Slots that only wait for a place, by task: somebody was there for them in time. */
  readonly #queued = new Map<string, EpochMs>();
  #done = 0;
  #waiting = 0;
  #unfinished = 0;
  /** Ends the sleep between two rounds. */
  #wake = new AbortController();
  #refreshedAt = Number.NEGATIVE_INFINITY;

  constructor(options: WorkerOptions<T>) {
    this.#options = options;
    this.owner = options.owner;
    this.#policy = options.policy ?? DEFAULT_POLICY;
    this.leases = new Leases(options.store);
  }

  /** Runs that were begun here and of which there is no record: given back, taken over, or not to be written down. */
  get unfinished(): number {
    return this.#unfinished;
  }

  /** Works until `signal` is aborted; runs under way are then ended and given back. */
  async run(signal: AbortSignal): Promise<void> {
    const end = (): void => {
      this.#stop.abort();
      this.#wake.abort();
    };
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    const { clock } = this.#options;
    while (!this.#stop.signal.aborted) {
      this.#wake = new AbortController();
      const next = await this.#round();
      const sleep = Math.min(next - clock.now(), POLL_MS);
      if (!this.#wake.signal.aborted && sleep > 0) await clock.sleep(sleep, this.#wake.signal);
    }
    await Promise.all(this.#running.values());
    signal.removeEventListener('abort', end);
  }

  /** Carries out what is due, each task once at most: what becomes due meanwhile is for the next time. */
  async runDue(signal: AbortSignal): Promise<void> {
    const end = (): void => this.#stop.abort();
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    const { clock } = this.#options;
    const begun = new Set<string>();
    try {
      for (;;) {
        this.#wake = new AbortController();
        const next = await this.#round(begun);
        if (this.#running.size === 0 && (next > clock.now() || this.#stop.signal.aborted)) break;
        if (this.#running.size > 0) await Promise.race(this.#running.values());
      }
    } finally {
      // Also of an error: what was begun is brought to its end, the store may be back by then.
      await Promise.all(this.#running.values());
      signal.removeEventListener('abort', end);
    }
  }

  /** Runs tasks now, whatever their schedule says. @returns those that somebody else is running */
  async runByHand(tasks: readonly T[], signal: AbortSignal): Promise<readonly T[]> {
    const { clock, owner } = this.#options;
    const end = (): void => this.#stop.abort();
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    const slot = clock.now();
    const refused: T[] = [];
    try {
      await this.leases.refresh();
      for (const [index, task] of tasks.entries()) {
        this.#waiting = tasks.length - index - 1;
        while (!this.#hasPlace(task) && this.#running.size > 0) await Promise.race(this.#running.values());
        if (this.#stop.signal.aborted) break;
        const held = await this.leases.ensure(task, slot);
        const next = held && claimByHand(held.state, slot, clock.now(), owner, this.#policy);
        const claim = held && next && (await this.leases.replace(held, next));
        if (claim?.state.running == null) refused.push(task);
        else this.#start(task, claim, claim.state.running);
      }
    } finally {
      await Promise.all(this.#running.values());
      signal.removeEventListener('abort', end);
    }
    return refused;
  }

  /**
   * @param begun tasks that are not to be begun again, which those that are begun here join; errors are then the caller's
   * @returns when there may be something to do next
   */
  async #round(begun?: Set<string>): Promise<EpochMs> {
    const { clock, log, afterRound } = this.#options;
    try {
      const now = clock.now();
      if (now - this.#refreshedAt >= REFRESH_MS) {
        await this.leases.refresh();
        this.#refreshedAt = now;
      }
      const tasks = await this.#options.tasks();
      const next = await this.#begin(tasks, begun);
      await afterRound?.(this.leases, tasks, this.#running.size === 0);
      return next;
    } catch (error) {
      if (begun !== undefined) throw error;
      log.error({ err: error }, 'this round of the schedule failed, it is tried again');
      return clock.now() + REFRESH_MS;
    }
  }

  /** Claims what is due, the longest waiting first, as far as there are places. */
  async #begin(tasks: readonly T[], begun?: Set<string>): Promise<EpochMs> {
    const { clock } = this.#options;
    let next = Number.POSITIVE_INFINITY;
    const due: { task: T; slot: EpochMs; order: string }[] = [];
    for (const task of tasks) {
      const held = await this.leases.ensure(task, clock.now());
      if (held === null || begun?.has(held.key) === true) continue;
      // Also when its lease has run out, since we slept or the store was away: its own heart beats go on.
      if (this.#running.has(held.key)) continue;
      const decision = this.#decide(task, held);
      if (decision.do === 'wait') next = Math.min(next, decision.until);
      else due.push({ task, slot: slotOf(decision), order: this.#orderOf(task, held.key) });
      if (decision.do === 'claim') this.#queued.set(held.key, decision.running.slot);
      else this.#queued.delete(held.key);
    }
    // Among equals each collector has an order of its own: two that wake at once rarely want the same task.
    due.sort((a, b) => a.slot - b.slot || (a.order < b.order ? -1 : 1));
    this.#waiting = due.length;
    for (const { task } of due) {
      if (this.#stop.signal.aborted) break;
      if (!this.#hasPlace(task)) continue;
      this.#waiting--;
      begun?.add(taskKey(task));
      next = Math.min(next, await this.#take(task));
    }
    return next;
  }

  /** What is not caught up for is what nobody was there for: a slot that waited for a place here is run all the same. */
  #decide(task: T, { key, state }: Held): Decision {
    const { clock, owner } = this.#options;
    const now = clock.now();
    const decision = decide(state, task.plan, now, owner, this.#policy);
    if (decision.do !== 'settle' || task.plan.catchUp) return decision;
    const late = decide(state, { ...task.plan, catchUp: true }, now, owner, this.#policy);
    return late.do === 'claim' && late.running.slot === this.#queued.get(key) ? late : decision;
  }

  #orderOf(task: T, key: string): string {
    const known = this.#orders.get(task);
    if (known !== undefined) return known;
    const order = sha256(`${this.owner}|${key}`);
    this.#orders.set(task, order);
    return order;
  }

  /** @returns when there may be something to do for the task again */
  async #take(task: T): Promise<EpochMs> {
    const { clock } = this.#options;
    for (;;) {
      const held = this.leases.get(task);
      if (held === null) return clock.now() + REFRESH_MS;
      const decision = this.#decide(task, held);
      if (decision.do === 'wait') return decision.until;
      const written = await this.leases.replace(held, decision.next);
      if (written !== null && decision.do === 'claim') {
        this.#start(task, written, decision.running);
        return Number.POSITIVE_INFINITY;
      }
    }
  }

  #hasPlace({ pools }: T): boolean {
    if (this.#running.size >= this.#options.places) return false;
    return pools.every(({ name, places }) => (this.#busy.get(name) ?? 0) < places);
  }

  #start(task: T, claim: Held, running: Running): void {
    const id = claim.key;
    this.#queued.delete(id);
    this.#view.set(id, { task, since: running.since });
    this.#tell();
    for (const { name } of task.pools) this.#busy.set(name, (this.#busy.get(name) ?? 0) + 1);
    const done = this.#carryOut(task, claim, running)
      .catch((error: unknown) => {
        this.#unfinished++;
        this.#options.log.error(
          { ...fieldsOf(task), err: error },
          'how the run ended could not be written down',
        );
      })
      .finally(() => {
        this.#running.delete(id);
        this.#view.delete(id);
        this.#done++;
        this.#tell();
        for (const { name } of task.pools) this.#busy.set(name, (this.#busy.get(name) ?? 1) - 1);
        this.#wake.abort();
      });
    this.#running.set(id, done);
  }

  #tell(): void {
    const { onChange } = this.#options;
    onChange?.({ done: this.#done, waiting: this.#waiting, running: [...this.#view.values()] });
  }

  async #carryOut(task: T, claim: Held, running: Running): Promise<void> {
    const { clock, log } = this.#options;
    const lease = new RunLease(this.leases, claim, clock, this.#policy);
    const stop = new AbortController();
    const end = (): void => stop.abort();
    this.#stop.signal.addEventListener('abort', end, { once: true });
    if (this.#stop.signal.aborted) end();
    const over = new AbortController();
    const beating = this.#beat(lease, stop, over.signal);
    log.info({ ...fieldsOf(task), slot: iso(running.slot), claims: running.claims }, 'run began');
    let result: RunResult;
    try {
      result = await this.#options.execute({
        task,
        running,
        cursor: claim.state.cursor ?? null,
        signal: stop.signal,
        confirm: () => lease.confirm(),
      });
    } catch (error) {
      if (error instanceof SightlineError)
        log.warn({ ...fieldsOf(task), reason: error.message, hint: error.hint }, 'the run failed');
      else log.error({ ...fieldsOf(task), err: error }, 'the run failed');
      result = failed(messageOf(error), error instanceof SightlineError ? error.hint : '');
    } finally {
      over.abort();
      this.#stop.signal.removeEventListener('abort', end);
      await beating;
    }
    const giveUpAt = clock.now() + GIVE_UP_MS;
    const ended = this.#stop.signal.aborted && result.outcome !== 'complete';
    const ours = ended
      ? await lease.release(clock.now() + this.#policy.skewMs)
      : await lease.finish(recordOf(running, result, clock.now()), result.cursor, giveUpAt);
    if (!ours || ended) this.#unfinished++;
    if (!ours)
      log.warn(fieldsOf(task), 'the run was taken over by another collector: its result is not counted');
    else if (ended) log.info(fieldsOf(task), 'the run was given back');
    else logEnd(log, task, result, clock.now() - running.since);
  }

  /** Renews the lease until the run is over; ends the run when somebody else has it. A store that is away ends nothing. */
  async #beat(lease: RunLease, stop: AbortController, over: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    for (;;) {
      await clock.sleep(this.#policy.leaseMs / 3, over);
      if (over.aborted) return;
      try {
        if (await lease.renew()) continue;
        stop.abort();
        return;
      } catch (error) {
        log.warn({ err: error }, 'a lease could not be renewed, it is tried again');
      }
    }
  }
}

function slotOf(decision: Exclude<ReturnType<typeof decide>, { do: 'wait' }>): EpochMs {
  return decision.do === 'claim' ? decision.running.slot : decision.next.settled;
}

function recordOf(running: Running, result: RunResult, now: EpochMs): RunRecord {
  const { slot, trigger, owner, since } = running;
  const { cursor: _, scopes, ...rest } = result;
  return { slot, trigger, owner, startedAt: since, endedAt: now, ...rest, scopes: [...scopes] };
}

/** A run that never came so far as to start anything, with what can be done about it. */
export function failed(reason: string, hint = ''): RunResult {
  return {
    outcome: 'failed',
    reason,
    attempts: 1,
    exitCode: null,
    signal: null,
    stderr: hint,
    scopes: [],
    ...noChanges(),
  };
}

function fieldsOf({ job, target }: TaskName): { job: string; target: string } {
  return { job, target };
}

function iso(at: EpochMs): string {
  return new Date(at).toISOString();
}

function logEnd(log: Logger, task: TaskName, result: RunResult, ms: number): void {
  const { outcome, reason, exitCode, attempts } = result;
  const fields = { ...fieldsOf(task), outcome, reason, exitCode, attempts, ms };
  if (outcome === 'complete') log.info(fields, 'run ended');
  else log.warn(fields, 'run ended');
}
