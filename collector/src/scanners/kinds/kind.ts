import type { Job, ScannerId } from '../job.ts';
import type { PullEnd, PullRequest } from '../pulls/request.ts';
import type { Places } from '../template.ts';

interface KindAbout {
  readonly id: ScannerId;
  readonly title: string;
  /** What one run looks at: an account; one target; all targets of the job together. */
  readonly per: 'account' | 'target' | 'targets' | 'any';
  readonly clouds: readonly string[];
  /** Kinds of scan, the first by default; none where there is only one. */
  readonly modes: readonly string[];
}

/** How a program is started and what it leaves behind. One file per scanner, and one line in index.ts. */
export interface ProgramKind extends KindAbout {
  readonly run: 'program';
  /** What it ends with when all is well: findings are no failure. */
  readonly successExitCodes: readonly number[];
  /** Patterns of its reports, below the folder for reports. */
  readonly reports: readonly string[];
  /** Environment variables of the collector that it needs: caches, databases. */
  readonly passes: readonly string[];
  /** Asks for keys of AWS as it needs them (AWS_CONTAINER_CREDENTIALS_FULL_URI), so that they may end before it does. */
  readonly refreshesKeys?: true;
  /** Program and arguments. */
  readonly argv: (job: Job, places: Places) => string[];
  /** Files to put into the run's folder beforehand. */
  readonly files?: (job: Job, places: Places) => Readonly<Record<string, string>>;
}

/** What is asked through an API by the collector itself. One file per service in `pulls`, and one line in index.ts. */
export interface PullKind extends KindAbout {
  readonly run: 'pull';
  /**
   * Writes what it is told as reports, which are taken in afterwards.
   * @throws ScanError where nothing at all could be asked
   */
  readonly pull: (request: PullRequest) => Promise<PullEnd>;
}

export type ScannerKind = ProgramKind | PullKind;

/** `--regions a b c`, or nothing. */
export function listed(option: string, values: readonly string[]): string[] {
  return values.length === 0 ? [] : [option, ...values];
}
