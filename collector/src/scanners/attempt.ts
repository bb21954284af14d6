import type { Logger } from 'pino';
import { ScanError } from '../errors.ts';
import type { EpochMs, RunOutcome } from '../findings/model.ts';
import type { KnownHosts } from '../sources/adapter.ts';
import type { Place } from '../sources/common/place.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { Clock } from './clock.ts';
import type { Changes } from './counts.ts';
import type { CredentialSource } from './credentials/index.ts';
import type { Job, Target } from './job.ts';
import type { ProcessEnd } from './process.ts';
import type { Outside } from './pulls/request.ts';
import type { Env, Secrets } from './secrets.ts';
import type { WorkerTask } from './worker.ts';

/** What attempts at a run are made with, whether a program is run or a service asked, and what comes of them. */

/** A task with all that it takes to carry it out. */
export interface ScanTask extends WorkerTask {
  readonly details: Job;
  readonly on: Target;
}

export interface TakeInOptions {
  readonly outcome: RunOutcome | null;
  readonly complete: boolean;
  readonly observedAt: EpochMs;
  /** null: of a scan that somebody else made. */
  readonly durationMs: number | null;
  readonly source: string | null;
  /** Where reports belong that do not say; by default to `account`. */
  readonly place?: Place | undefined;
  /** What is known of hosts that reports are about. */
  readonly hosts?: KnownHosts | undefined;
  /** Reports of other accounts are refused. */
  readonly account: { readonly cloud: string; readonly account: string } | null;
}

export interface TakenIn {
  readonly scopes: readonly {
    readonly scope: string;
    readonly outcome: RunOutcome | null;
    readonly reason: string | null;
    /** What was to be looked at and could not be, each in a sentence. */
    readonly gaps: readonly string[];
    readonly changes: Changes;
  }[];
  /** Reports that could not be read, each in a sentence. */
  readonly problems: readonly string[];
}

export interface ExecutorOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly env: Env;
  readonly secrets: Secrets;
  readonly credentials: Readonly<Record<string, CredentialSource>>;
  /** Programs that are not on the PATH, by the scanner, or by the program of a `command`. */
  readonly programs: Readonly<Record<string, string>>;
  /** For the folders of runs. */
  readonly workDir?: string | undefined;
  readonly graceMs: number;
  /** What is known to be reached from outside, and which jobs look at it. */
  readonly outside: () => Promise<Outside>;
  /** Where pulls keep what they have to remember. */
  readonly store: ObjectStore;
  /** Reads reports into the lake. @throws StoreError */
  readonly takeIn: (paths: readonly string[], options: TakeInOptions) => Promise<TakenIn>;
}

export interface Attempt {
  readonly end: ProcessEnd;
  /** Why it did not end well; null if it did. */
  readonly failure: string | null;
  /** What was not looked at although it ended well; null for nothing. */
  readonly gap: string | null;
  readonly taken: TakenIn;
  /** Where the next run goes on from; undefined: where this one did. */
  readonly cursor?: unknown;
}

/** @throws ScanError when the configuration has none of that name */
export function sourceFor({ credentials }: ExecutorOptions, job: Job, on: Target): CredentialSource | null {
  const own = on.kind === 'account' ? on.account.credentials : null;
  const name = own ?? job.credentials;
  const source = name === undefined ? null : credentials[name];
  if (source !== undefined) return source;
  throw new ScanError(
    `there are no credentials ${name ?? ''}`,
    'Add them below `credentials`.',
    'credentials',
  );
}
