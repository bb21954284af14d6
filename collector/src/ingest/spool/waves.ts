import type { EpochMs, Fingerprint } from '../../findings/model.ts';

/** One event with what its adapter read in it. */
export interface ReadEvent {
  readonly line: Buffer;
  /** When it was made; null where it does not say. */
  readonly at: EpochMs | null;
  /** What it says something of. */
  readonly findings: readonly Fingerprint[];
}

/** So that one finding that flaps by the thousand does not become a thousand commits. */
const MOST_WAVES = 8;

/**
 * Events in groups, oldest first, in each of which a finding has at most one event: within one report a finding that is open and
 * closed counts as open, whatever came last. Of a finding with more events than there are groups the oldest share the first.
 */
export function waves(events: readonly ReadEvent[]): readonly (readonly ReadEvent[])[] {
  const newestFirst = events.toReversed().sort((a, b) => (b.at ?? 0) - (a.at ?? 0));
  const later = new Map<Fingerprint, number>();
  const groups: ReadEvent[][] = [];
  for (const event of newestFirst) {
    const { findings } = event;
    const wave = Math.min(MOST_WAVES - 1, Math.max(0, ...findings.map((finding) => later.get(finding) ?? 0)));
    for (const finding of findings) later.set(finding, wave + 1);
    (groups[wave] ??= []).push(event);
  }
  return groups.reverse().map((group) => group.reverse());
}
