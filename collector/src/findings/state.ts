import type { Cells } from './cells.ts';
import type { FindingEvent } from './events.ts';
import type { Findings } from './finding.ts';
import type { EpochMs } from './model.ts';

/** What the newest complete snapshot of a scope evaluated: the measure for the next one. */
export interface LastComplete {
  readonly at: EpochMs;
  readonly rules: readonly string[];
}

/** Everything that decides what the next input does to a scope. */
export interface ScopeState {
  readonly findings: Findings;
  readonly cells: Cells;
  readonly lastComplete: LastComplete | null;
  /** Time of the scope's newest event; -Infinity before the first. */
  readonly at: EpochMs;
  /** The adapter's identity rule by which the fingerprints were made; null before the first run. */
  readonly identity: string | null;
  readonly retired: boolean;
}

export const EMPTY_STATE: ScopeState = {
  findings: new Map(),
  cells: new Map(),
  lastComplete: null,
  at: -Infinity,
  identity: null,
  retired: false,
};

/** What one input does to a scope. `next.findings` is the same object where no row changed. */
export interface Step {
  readonly next: ScopeState;
  readonly events: readonly FindingEvent[];
}

/** Events never run backwards within a scope: the later of the input's time and the scope's last. */
export function eventTime(state: ScopeState, at: EpochMs): EpochMs {
  return Math.max(at, state.at);
}

/** The step that does nothing but let time pass. */
export function unchanged(state: ScopeState): Step {
  return { next: state, events: [] };
}
