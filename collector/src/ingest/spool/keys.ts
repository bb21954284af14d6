import type { EpochMs } from '../../findings/model.ts';

/** Where pushed events come from, and the adapter or adapters that read them. */
export type Feed = 'falco' | 'eventbridge';

export const FEEDS: readonly Feed[] = ['falco', 'eventbridge'];

/** A batch as its key tells it: nobody has to open it to know how much waits. */
export interface BatchName {
  readonly at: EpochMs;
  /** The collector that took the events in. */
  readonly owner: string;
  /** Counts the batches of that collector. */
  readonly seq: number;
  readonly events: number;
  /** Uncompressed. */
  readonly bytes: number;
}

export const SPOOL = 'spool/';
export const batchesPrefix = (feed: Feed): string => `${SPOOL}${feed}/batches/`;
export const rejectedPrefix = (feed: Feed): string => `${SPOOL}${feed}/rejected/`;
export const ledgerKey = (feed: Feed): string => `${SPOOL}${feed}/ledger.json`;

const NAME = /\/(\d{13})-([a-z0-9]+)-(\d+)-(\d+)e-(\d+)b\.ndjson\.(?:zst|gz)$/;

/** In order of time, whoever wrote them. */
export function batchKey(
  feed: Feed,
  { at, owner, seq, events, bytes }: BatchName,
  extension: 'zst' | 'gz',
): string {
  const time = String(at).padStart(13, '0');
  return `${batchesPrefix(feed)}${time}-${owner}-${seq}-${events}e-${bytes}b.ndjson.${extension}`;
}

/** null for a key that no collector has made. */
export function batchNameOf(key: string): BatchName | null {
  const [, at, owner, seq, events, bytes] = NAME.exec(key) ?? [];
  if (owner === undefined) return null;
  return { at: Number(at), owner, seq: Number(seq), events: Number(events), bytes: Number(bytes) };
}
