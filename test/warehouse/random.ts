import { DEFAULT_SETTINGS, type Settings } from '../../collector/src/findings/settings.ts';
import { DAY } from '../../collector/src/findings/testing/builders.ts';
import type { Change } from '../../collector/src/lake/advance.ts';
import { Committer } from '../../collector/src/lake/committer.ts';
import { foldScope } from '../../collector/src/lake/fold.ts';
import { scopeIdOf } from '../../collector/src/lake/keys.ts';
import { applyConfig, decide, retireScope } from '../../collector/src/lake/lake.ts';
import { rebuildScope } from '../../collector/src/lake/rebuild.ts';
import { decodeVerdict } from '../../collector/src/lake/verdict-file.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { randomFrom } from '../support/random.ts';
import { pick } from './pick.ts';
import { drift, HOUR, makePlace, PLACES, START } from './places.ts';
import { scanOf } from './scans.ts';
import { aligned, randomSettings } from './settings.ts';

/**
 * Histories that follow from a seed, made by the collector's own core: what the events say is what it really writes.
 * The little world is crowded on purpose: few rules on few resources, dates that fall on the millisecond of a scan,
 * decisions that end while others begin.
 */

export interface World {
  readonly store: MemoryStore;
  readonly committer: Committer;
  /** The clock: now, for whoever asks the warehouse. */
  readonly now: () => number;
  /** Does one more thing; false at the end of the history. */
  step(): Promise<boolean>;
  /** What was done, for the message of a failure. */
  readonly log: readonly string[];
}
export interface WorldOptions {
  /** Whether an adapter's identity rule changes on the way, so that findings are renamed. */
  readonly renames?: boolean;
}

export function makeWorld(seed: number, steps: number, { renames = true }: WorldOptions = {}): World {
  const random = randomFrom(seed);
  const store = new MemoryStore();
  let clock = START;
  const committer = new Committer({ store, now: () => clock });
  const places = PLACES.filter((_, index) => index < 2 || random() < 0.6).map((place) =>
    makePlace(random, place),
  );
  const changes = new Map<string, Change>();
  const log: string[] = [];
  let left = steps;
  let settings: Settings = DEFAULT_SETTINGS;

  const actions: readonly (readonly [number, () => Promise<string>])[] = [
    [70, scan],
    [12, verdict],
    [6, config],
    [2, retire],
    [2, fold],
    [1, rebuild],
  ];

  async function scan(): Promise<string> {
    const place = places.reduce((first, other) => (other.next < first.next ? other : first));
    clock = Math.max(clock, place.next);
    place.next += pick(random, [place.every, place.every, place.every, place.every + 1, 2.5 * place.every]);
    if (random() < 0.03 && renames) place.identity = 2;
    drift(random, place);
    // What is renamed is renamed in a moment of its own: two scans of the same millisecond are strange enough without.
    if (place.identity === 2) {
      const head = await committer.readHead(scopeIdOf(place.name.scope));
      clock = Math.max(clock, head?.at ?? 0) + 1;
    }
    const change = scanOf(random, place, clock, `run-${seed}-${changes.size}`);
    changes.set(change.input.id, change);
    const { status } = await committer.commit(place.name, change);
    return `${place.name.scope} scanned ${new Date(change.input.observedAt).toISOString()}: ${change.report.outcome}, ${change.report.observations.length} failing, ${status}`;
  }

  async function verdict(): Promise<string> {
    const { head, state } = await committer.readBase(scopeIdOf(pick(random, places).name.scope));
    if (head === null) return 'nothing to decide on';
    const chosen = [...state.findings.values()].filter(() => random() < 0.25);
    if (chosen.length === 0) return 'nothing to decide on';
    clock += pick(random, [0, 1, HOUR]);
    const kind = pick(random, ['accepted', 'accepted', 'false_positive', null] as const);
    // Often the very millisecond of a later scan.
    const until = kind === 'accepted' ? aligned(random, clock + HOUR, places) : null;
    const { status } = await decide(
      committer,
      head,
      chosen.map((finding) => finding.fingerprint),
      { verdict: kind, until, by: 'ops', reason: 'looked at it', at: clock - pick(random, [0, 0, 0, HOUR]) },
    );
    return `${head.scope}: ${kind ?? 'no verdict'} on ${chosen.length} findings until ${until ?? 'ever'}, ${status}`;
  }

  async function config(): Promise<string> {
    clock += pick(random, [0, 0, 1, HOUR]);
    settings = randomSettings(random, clock, places);
    const { changed } = await applyConfig(committer, settings, 'ops', clock);
    const { accounts, ownership, mutes, severity } = settings;
    const parts = [accounts, ownership, mutes, severity].map((rules) => rules.length).join('/');
    return `configuration ${changed ? 'changed' : 'as it was'}: ${parts} rules`;
  }

  async function retire(): Promise<string> {
    const place = pick(random, places);
    if ((await committer.readHead(scopeIdOf(place.name.scope))) === null) return 'nothing to retire';
    await retireScope(committer, place.name.scope, 'ops', 'closed', clock);
    place.next += pick(random, [DAY, 20 * DAY, 1_000 * DAY]);
    return `${place.name.scope} retired`;
  }

  async function fold(): Promise<string> {
    const place = pick(random, places);
    return `${place.name.scope}: ${await foldScope(committer, scopeIdOf(place.name.scope), 2)} commits folded`;
  }

  async function rebuild(): Promise<string> {
    const place = pick(random, places);
    const head = await rebuildScope(committer, scopeIdOf(place.name.scope), async (input) => {
      const change = changes.get(input.id);
      if (change !== undefined) return change;
      if (input.kind === 'verdict') {
        const stored = await store.get(input.key);
        if (stored !== undefined) return { input, verdict: decodeVerdict(stored.body, input.key) };
      }
      if (input.kind === 'config') return { input };
      if (input.kind === 'retire') return { input };
      throw new Error(`no input ${input.id}`);
    });
    return `${place.name.scope} rebuilt: generation ${head?.generation ?? 0}`;
  }

  return {
    store,
    committer,
    now: () => clock,
    log,
    async step() {
      if (left-- <= 0) return false;
      let at = random() * actions.reduce((sum, [weight]) => sum + weight, 0);
      const action = actions.find(([weight]) => (at -= weight) < 0)?.[1] ?? scan;
      log.push(await action());
      return true;
    },
  };
}
