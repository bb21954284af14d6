import { type ObjectStore, UnknownOutcomeError } from '../../collector/src/store/object-store.ts';

/**
 * Runs the same little program again and again until every order of its steps has been seen: stateless model checking.
 * A program is a few writers over one store. A step is an access of a writer to a key that others write too; everything
 * else (objects with names of their own) commutes and is not a choice.
 */

/** How a step goes. `lost`: it happened, the answer did not arrive. `crash…`: the writer is gone, before or after it. */
export type Fate = 'done' | 'lost' | 'crashBefore' | 'crashAfter';

interface Pending {
  readonly writer: number;
  readonly changes: boolean;
  go(fate: Fate): void;
}

export class Crash extends Error {
  constructor() {
    super('the writer is gone');
  }
}

export interface Program {
  /** Store of this execution, and the writers over it: each gets a store of its own through which it acts. */
  readonly store: ObjectStore;
  readonly writers: readonly ((store: ObjectStore) => Promise<unknown>)[];
  /** Checks what must hold at the end; `crashed` and `results` by writer. */
  check(outcome: Outcome): Promise<void>;
}

export interface Outcome {
  readonly crashed: readonly boolean[];
  readonly results: readonly unknown[];
  /** The choices, for the message of a failure. */
  readonly trace: string;
}

export interface Explored {
  readonly executions: number;
  readonly withCrash: number;
  readonly withLostAnswer: number;
}

/**
 * @param shared tells the keys whose accesses are steps
 * @param faults how many crashes and lost answers one execution may hold
 */
export async function explore(
  make: () => Promise<Program>,
  shared: (key: string) => boolean,
  faults: number,
  limit: number,
): Promise<Explored> {
  const explored = { executions: 0, withCrash: 0, withLostAnswer: 0 };
  // A path is the choice taken at each point; the next path differs at the last point that has choices left.
  let path: number[] = [];
  for (;;) {
    const widths: number[] = [];
    const trace: string[] = [];
    const program = await make();
    const outcome = await execute(program, shared, faults, (choices) => {
      const place = widths.length;
      widths.push(choices.length);
      const chosen = choices[path[place] ?? 0];
      if (chosen === undefined) throw new Error('the program is not deterministic');
      trace.push(`${chosen.writer}:${chosen.fate}`);
      return chosen;
    });
    explored.executions++;
    if (trace.some((step) => step.includes('crash'))) explored.withCrash++;
    if (trace.some((step) => step.includes('lost'))) explored.withLostAnswer++;
    await program.check({ ...outcome, trace: trace.join(' ') });
    if (explored.executions > limit)
      throw new Error(`more than ${limit} executions: make the program smaller`);
    const next = widths.map((_, place) => path[place] ?? 0);
    let last = next.length - 1;
    while (last >= 0 && (next[last] ?? 0) + 1 >= (widths[last] ?? 0)) last--;
    if (last < 0) return explored;
    next[last] = (next[last] ?? 0) + 1;
    path = next.slice(0, last + 1);
  }
}

interface Choice {
  readonly writer: number;
  readonly fate: Fate;
}

async function execute(
  program: Program,
  shared: (key: string) => boolean,
  faults: number,
  choose: (choices: readonly Choice[]) => Choice,
): Promise<Omit<Outcome, 'trace'>> {
  const waiting = new Map<number, Pending>();
  const crashed = program.writers.map(() => false);
  const results: unknown[] = program.writers.map(() => undefined);
  const alive = new Set<number>();
  let wake: (() => void) | undefined;

  const runs = program.writers.map(async (writer, index) => {
    alive.add(index);
    const gate = (key: string, changes: boolean): Promise<Fate> =>
      shared(key)
        ? new Promise((go) => {
            waiting.set(index, { writer: index, changes, go });
            wake?.();
          })
        : Promise.resolve('done');
    try {
      results[index] = await writer(gated(program.store, gate, () => crashed[index] === true));
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      crashed[index] = true;
    } finally {
      alive.delete(index);
      wake?.();
    }
  });
  const all = Promise.all(runs);
  all.catch(() => wake?.());

  let left = faults;
  let last: Last | undefined;
  while (alive.size > 0) {
    while (waiting.size < alive.size) {
      await Promise.race([new Promise<void>((resolve) => (wake = resolve)), all]);
    }
    if (alive.size === 0) break;
    const choices: Choice[] = [];
    for (const step of [...waiting.values()].sort((a, b) => a.writer - b.writer)) {
      const { writer, changes } = step;
      if (changes || !swapsWithLast(step, last)) choices.push({ writer, fate: 'done' });
      // Between two steps a writer makes only objects that nobody knows yet: crashing before a read is crashing later.
      if (left === 0 || !changes) continue;
      choices.push({ writer, fate: 'crashBefore' }, { writer, fate: 'lost' }, { writer, fate: 'crashAfter' });
    }
    // Nothing new lies on this path; it only has to end.
    const [first] = waiting.keys();
    if (choices.length === 0 && first !== undefined) choices.push({ writer: first, fate: 'done' });
    const chosen = choose(choices);
    const step = waiting.get(chosen.writer);
    waiting.delete(chosen.writer);
    last = { step, others: [...waiting.values()] };
    if (chosen.fate !== 'done') left--;
    if (chosen.fate === 'crashBefore' || chosen.fate === 'crashAfter') crashed[chosen.writer] = true;
    step?.go(chosen.fate);
  }
  await all;
  return { crashed, results };
}

interface Last {
  readonly step: Pending | undefined;
  /** What else could have gone then. */
  readonly others: readonly Pending[];
}

/** Two reads in a row are the same in either order: only the one with the lower writer first is looked at. */
function swapsWithLast(step: Pending, last: Last | undefined): boolean {
  if (last?.step === undefined || last.step.changes || step.changes) return false;
  return step.writer < last.step.writer && last.others.includes(step);
}

function gated(
  store: ObjectStore,
  gate: (key: string, changes: boolean) => Promise<Fate>,
  isCrashed: () => boolean,
): ObjectStore {
  const alive = (): void => {
    if (isCrashed()) throw new Crash();
  };
  return {
    description: store.description,
    async get(key) {
      if ((await gate(key, false)) !== 'done') throw new Crash();
      alive();
      return store.get(key);
    },
    read: (key) => store.read(key),
    async put(key, body, options) {
      alive();
      await store.put(key, body, options);
    },
    async replace(key, body, expected, options) {
      const fate = await gate(key, true);
      if (fate === 'crashBefore') throw new Crash();
      const etag = await store.replace(key, body, expected, options);
      if (fate === 'crashAfter') throw new Crash();
      if (fate === 'lost') throw new UnknownOutcomeError(key, new Error('no answer'));
      return etag;
    },
    async remove(keys) {
      alive();
      await store.remove(keys);
    },
    list: (prefix) => store.list(prefix),
    close: () => store.close(),
  };
}
