import type { FindingEvent } from '../../../collector/src/findings/events.ts';
import type { Status } from '../../../collector/src/findings/finding.ts';
import type { Commit } from '../../../collector/src/lake/commit-file.ts';
import type { ScopeFacts } from './estate.ts';

/**
 * The life of each finding, by plain loops over the events of its scope. All times are whole milliseconds, so "just before
 * T" is the millisecond T − 1, and a moment holds everything that happened in it.
 */

export const DAY = 86_400_000;
export const SOON = 7 * DAY;

export type DueState = 'none' | 'soon' | 'unverified' | 'confirmed';

/** What a finding is at one moment. */
export interface State {
  readonly scope: ScopeFacts;
  readonly fingerprint: string;
  /** The newest event: the complete picture. */
  readonly event: FindingEvent;
  readonly status: Status;
  readonly dueState: DueState;
  /** reopenedAt or firstSeen. */
  readonly clockStart: number;
}

/** A moment at which something about one finding changes: an event, or a date that passes. */
export interface Change {
  readonly t: number;
  readonly scope: ScopeFacts;
  readonly fingerprint: string;
  readonly before: State | null;
  readonly after: State | null;
  /** Its events in this millisecond, in order; none where only a date passes. */
  readonly events: readonly FindingEvent[];
  /** The states, just before, of what was renamed into this finding now. */
  readonly former: readonly (State | null)[];
}

/** One finding: the moments at which it changes, in order of time. Between two of them it stays as it is. */
export interface Life {
  readonly fingerprint: string;
  readonly scope: ScopeFacts;
  readonly changes: readonly Change[];
}

export function livesOf(scope: ScopeFacts): Life[] {
  const events = scope.commits.flatMap((commit) => commit.events);
  const fingerprints = new Set<string>();
  for (const event of events) {
    fingerprints.add(event.fingerprint);
    if (event.formerFingerprint !== null) fingerprints.add(event.formerFingerprint);
  }
  const snapshots = snapshotsOf(scope.commits);
  const own = new Map<string, FindingEvent[]>();
  for (const event of events) {
    for (const name of [event.fingerprint, event.formerFingerprint]) {
      if (name === null) continue;
      const list = own.get(name) ?? [];
      list.push(event);
      own.set(name, list);
    }
  }
  const at = (fingerprint: string, moment: number): State | null =>
    stateAt(scope, fingerprint, own.get(fingerprint) ?? [], snapshots, moment);
  const lives: Life[] = [];
  for (const fingerprint of [...fingerprints].sort()) {
    const mine = own.get(fingerprint) ?? [];
    const changes: Change[] = [];
    for (const t of momentsOf(fingerprint, mine, snapshots)) {
      const before = at(fingerprint, t - 1);
      const after = at(fingerprint, t);
      const now = mine.filter((event) => event.at === t && event.fingerprint === fingerprint);
      if (same(before, after)) continue;
      const former = now
        .map((event) => event.formerFingerprint)
        .filter((name) => name !== null)
        .map((name) => at(name, t - 1));
      changes.push({ t, scope, fingerprint, before, after, events: now, former });
    }
    lives.push({ fingerprint, scope, changes });
  }
  return lives;
}

/** The state just before T: that of the last change before it. */
export function justBefore(life: Life, time: number): State | null {
  let state: State | null = null;
  for (const change of life.changes) {
    if (change.t < time) state = change.after;
  }
  return state;
}

function same(a: State | null, b: State | null): boolean {
  if (a === null || b === null) return a === b;
  return a.event === b.event && a.status === b.status && a.dueState === b.dueState;
}

/** A complete snapshot, and what it looked at. */
interface Snapshot {
  readonly t: number;
  readonly covered: ReadonlySet<string>;
}

function snapshotsOf(commits: readonly Commit[]): Snapshot[] {
  const snapshots: Snapshot[] = [];
  for (const { run } of commits) {
    if (run === null || run.covered.length === 0) continue;
    snapshots.push({ t: run.observedAt, covered: new Set(run.covered) });
  }
  return snapshots;
}

/** `s3@eu-west-1` is covered by itself, by `s3@*` and by `*`. */
function covers(snapshot: Snapshot, cell: string): boolean {
  const [service = ''] = cell.split('@', 1);
  const wide = cell.includes('@') ? `${service}@*` : cell;
  return snapshot.covered.has(cell) || snapshot.covered.has(wide) || snapshot.covered.has('*');
}

/** Every time at which something might change; too many does not matter. */
function momentsOf(
  fingerprint: string,
  events: readonly FindingEvent[],
  snapshots: readonly Snapshot[],
): number[] {
  const moments = new Set<number>();
  for (const event of events) {
    moments.add(event.at);
    if (event.fingerprint !== fingerprint) continue;
    if (event.verdictUntil !== null) moments.add(event.verdictUntil);
    if (event.muteUntil !== null) moments.add(event.muteUntil);
    if (event.dueAt === null) continue;
    moments.add(event.dueAt - SOON);
    moments.add(event.dueAt + 1);
    for (const { t } of snapshots) if (t > event.dueAt) moments.add(t);
  }
  return [...moments].sort((a, b) => a - b);
}

/** @param events those that name the finding, also as what something else was called before; in order */
function stateAt(
  scope: ScopeFacts,
  fingerprint: string,
  events: readonly FindingEvent[],
  snapshots: readonly Snapshot[],
  moment: number,
): State | null {
  let event: FindingEvent | null = null;
  for (const candidate of events) {
    if (candidate.at > moment) continue;
    // Renamed: from here on it lives under the other name.
    event = candidate.fingerprint === fingerprint ? candidate : null;
  }
  if (event === null) return null;
  const status = statusOf(event, moment);
  return {
    scope,
    fingerprint,
    event,
    status,
    dueState: status === 'open' ? dueOf(event, snapshots, moment) : 'none',
    clockStart: event.reopenedAt ?? event.firstSeen,
  };
}

/** What an event's picture says at a moment: decisions end by themselves. */
export function statusOf(event: FindingEvent, moment: number): Status {
  if (event.scanner === 'fixed') return event.closedCause === 'retired' ? 'retired' : 'fixed';
  const { verdict, verdictUntil, mute, muteUntil } = event;
  if (verdict !== null && (verdictUntil === null || moment < verdictUntil)) return verdict;
  if (mute !== null && muteUntil !== null && moment < muteUntil) return 'muted';
  return 'open';
}

function dueOf({ dueAt, cell }: FindingEvent, snapshots: readonly Snapshot[], moment: number): DueState {
  if (dueAt === null) return 'none';
  if (moment <= dueAt) return dueAt - moment <= SOON ? 'soon' : 'none';
  for (const snapshot of snapshots) {
    if (snapshot.t > dueAt && snapshot.t <= moment && covers(snapshot, cell)) return 'confirmed';
  }
  return 'unverified';
}
