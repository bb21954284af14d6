import type { Cell, EpochMs, RunMode, ScopeReport, SourceId } from '../findings/model.ts';
import type { Place } from './common/place.ts';
import type { Mapping } from './generic/mapping.ts';
import type { IdentityPolicy } from './identity/check.ts';

/**
 * A report, decompressed, that can be read from any place and more than once, without ever being in memory as a whole.
 * Reads are synchronous: parsing is one long computation, and a promise per window would cost more than the read.
 */
export interface ReportInput {
  /** For messages only; untrusted text. Never used to tell formats apart. */
  readonly name: string;
  /** Bytes, decompressed. */
  readonly size: number;
  /** Where the report lies in a file: so that another thread can read it beside the parser. */
  readonly fd?: number;
  /** Fills `target` from `position`; returns the number of bytes read, 0 at the end. */
  readAt(target: Uint8Array, position: number): number;
  close(): void;
}

export interface ReadOptions {
  /** Called now and then with the bytes read so far. */
  readonly onProgress?: (bytes: number) => void;
  /** What belongs to this report (ScoutSuite's errors file, Prowler's log), where it lay beside it. */
  readonly companion?: ReportInput;
  /** Where the report belongs, for reports that do not say. */
  readonly place?: Place;
  /** The caller vouches that the report lists everything there is in its scope. */
  readonly complete?: boolean;
  /** When the report was made or received, for reports that do not say and whose findings depend on it. */
  readonly at?: EpochMs;
  /** What the configuration says of reading. */
  readonly reading?: Reading;
}

/** Part of a run's input, so that a rebuild reads the same. */
export interface Reading {
  readonly identity?: IdentityPolicy | undefined;
  readonly mapping?: Mapping | undefined;
  /** What is known of hosts that the report is about, by address or name. */
  readonly hosts?: Readonly<Record<string, KnownHost>> | undefined;
  /** Hosts that are known to be gone. */
  readonly gone?: readonly string[] | undefined;
}

/** What is known of hosts beside a report, by address or name: how people call them, and which are gone. */
export interface KnownHosts {
  readonly named: Readonly<Record<string, KnownHost>>;
  /** They were looked at and are no more: what was found on them is over. */
  readonly gone: readonly string[];
}

export interface KnownHost {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** What docs/sources.md says of a source; sentences for people. */
export interface SourceAbout {
  readonly mode: RunMode;
  /** What stands for cloud and account. */
  readonly scope: string;
  /** What a finding is told apart by, beside the scope. */
  readonly identity: string;
  /** When a finding closes. */
  readonly closes: string;
  readonly severity: string;
}

export interface SourceAdapter {
  readonly id: SourceId;
  readonly title: string;
  /** One line per format for `docs` and for the error that lists what can be read. */
  readonly formats: readonly string[];
  /** Raised when fingerprints of the same thing change: `prowler/1`. */
  readonly identity: string;
  readonly about: SourceAbout;
  /** What it makes of a report depends on `ReadOptions.reading`. */
  readonly readsConfiguration?: true;
  /** Of sources that look at hosts: the cells of one, which are as good as looked at when the host is known to be gone. */
  readonly cellsOfHost?: (host: string) => readonly Cell[];
  /** Lists of API answers that say what they are only by what is in them: empty, they are a report of the source if it is named. */
  readonly lists?: readonly string[];
  /**
   * Whether this is a report of the source, judged by content alone.
   * `head` is the start of the report (64 KiB at most, BOM and leading white space removed).
   */
  detect(head: string): boolean;
  /**
   * Of sources whose reports may hold secrets in clear: the report without them, which is what is read and stored. The same input
   * where there is nothing to take out; the caller closes what is another one.
   */
  redact?(input: ReportInput): Promise<ReportInput>;
  /**
   * Reads the whole report: every scope in it, all or nothing.
   * @throws ReportError when it is truncated, of the wrong shape, or otherwise not a report of this source.
   */
  read(input: ReportInput, options: ReadOptions): Promise<readonly ScopeReport[]>;
}
