import type { Logger } from 'pino';
import type { EpochMs, RunOutcome } from '../../findings/model.ts';
import type { Place } from '../../sources/common/place.ts';
import type { CredentialContext, CredentialSource } from '../credentials/index.ts';
import type { Job, Target } from '../job.ts';
import type { Perimeter } from '../perimeter/book.ts';
import type { ScanningJob } from '../perimeter/scans.ts';
import type { Memory } from './memory.ts';

/** A report that a pull writes: what it knows of it beside its text. */
export interface PulledReport {
  /** Of the file, for people: `eu-west-1.json`. */
  readonly name: string;
  /** Whose report it is; by default its content tells. */
  readonly source?: string;
  /** It lists everything there is in its scope. */
  readonly complete?: boolean;
  /** How it was got, where that is not `complete`: what it does not cover stays as it is. */
  readonly outcome?: RunOutcome;
  /** Where it belongs, for reports that do not say. */
  readonly place?: Place;
  /** It may be on other accounts than the one asked: of an administrator or an aggregator. */
  readonly othersToo?: boolean;
  /** When it was made, where it does not say; by default when the run began. */
  readonly observedAt?: EpochMs;
  /** Somebody else's scan: it is what it is, however the run ends that brings it, and however long that takes. */
  readonly brought?: boolean;
  /** Each line of it stands for itself: one that can't be read is left out. */
  readonly lines?: boolean;
}

export interface Outside {
  readonly perimeter: Perimeter;
  readonly jobs: readonly ScanningJob[];
}

export interface PullRequest {
  readonly job: Job;
  readonly on: Target;
  /** What the last run left to go on from, as JSON; null for the first. Untrusted in its shape: another version may have left it. */
  readonly cursor: unknown;
  /** When the run began: of everything it is told, the time it is true for. */
  readonly observedAt: EpochMs;
  /** The run is to end: the collector ends, it was taken over, or it took too long. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Of the account, else of the job; null for what the machine itself may. */
  readonly credentials: CredentialSource | null;
  readonly context: CredentialContext;
  /** What is known to be reached from outside, and which jobs look at it. */
  readonly outside: () => Promise<Outside>;
  /** Aborted when the run is over, settled or not: whatever goes on beside it ends then. */
  readonly over: AbortSignal;
  readonly memory: Memory;
  /** Writes a report, piece by piece as it comes: its text, or its bytes. One after the other. */
  readonly write: (report: PulledReport, pieces: AsyncIterable<Piece> | Iterable<Piece>) => Promise<void>;
}

export type Piece = string | Uint8Array;

/** What of a report could not be read. */
export interface Refusal {
  readonly problem: string;
  /** From 0, of a report whose lines stand for themselves: only these. */
  readonly lines: readonly number[];
}

export interface PullEnd {
  /** What could not be asked, each in a sentence: the run is then partial, and nothing closes there. */
  readonly gaps: readonly string[];
  /** To go on from next time; kept only once every report is committed. Small: a time or two for each region. */
  readonly cursor?: unknown;
  /** Done once every report is committed: messages are deleted, files moved away. */
  readonly settle?: () => Promise<void>;
  /**
   * Instead of `cursor` and `settle`, where a report that can't be read must not hold up the others: told once all that can be read
   * is committed.
   * @param refused by the name of the report
   */
  readonly settleEach?: (refused: ReadonlyMap<string, Refusal>) => Promise<Settled>;
}

export interface Settled {
  readonly gaps: readonly string[];
  readonly cursor?: unknown;
}
