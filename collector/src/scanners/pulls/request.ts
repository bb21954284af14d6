import type { Logger } from 'pino';
import type { EpochMs, RunOutcome } from '../../findings/model.ts';
import type { CredentialContext, CredentialSource } from '../credentials/index.ts';
import type { Job, Target } from '../job.ts';
import type { Perimeter } from '../perimeter/book.ts';
import type { ScanningJob } from '../perimeter/scans.ts';

/** Where a report belongs that does not say. */
export interface ReportPlace {
  readonly cloud?: string;
  readonly account?: string;
  readonly region?: string;
}

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
  readonly place?: ReportPlace;
  /** It may be on other accounts than the one asked: of an administrator or an aggregator. */
  readonly othersToo?: boolean;
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
  /** Writes a report, piece by piece as it comes. The pieces are its text. */
  readonly write: (report: PulledReport, pieces: AsyncIterable<string> | Iterable<string>) => Promise<void>;
}

export interface PullEnd {
  /** What could not be asked, each in a sentence: the run is then partial, and nothing closes there. */
  readonly gaps: readonly string[];
  /** To go on from next time; kept only once every report is committed. Small: a time or two for each region. */
  readonly cursor?: unknown;
  /** Done once every report is committed: messages are deleted, files moved away. */
  readonly settle?: () => Promise<void>;
}
