import type { Choice } from './choice.ts';
import type { Asset, AssetFilter } from './perimeter/asset.ts';
import type { SecretRef } from './secrets.ts';

/** What is to be run, on what, when: an entry of `jobs` in the configuration, with every default filled in. */
export interface Job {
  readonly name: string;
  readonly scanner: ScannerId;
  readonly enabled: boolean;
  /** Five fields of cron; undefined: by hand only. */
  readonly schedule?: string | undefined;
  readonly timezone: string;
  readonly jitterMs: number;
  readonly catchUp: boolean;
  readonly accounts?: AccountFilter | undefined;
  readonly targets: readonly string[];
  /** Further targets: what perimeter discovery found. */
  readonly perimeter?: AssetFilter | undefined;
  /** Of perimeter discovery: what it looks for. */
  readonly discover?: DiscoverOptions | undefined;
  /** Of the scanner: a kind of scan (`baseline`, `full`; `image`, `fs`). */
  readonly mode?: string | undefined;
  readonly regions: readonly string[];
  /** Of `securityhub`: how often everything is listed instead of what is new. */
  readonly fullEveryMs?: number | undefined;
  /** Of `ecr`: how many images of a repository are looked at, the newest first. */
  readonly images?: number | undefined;
  /** Added behind the scanner's own arguments; with placeholders. */
  readonly args: readonly string[];
  /** The whole command of the scanner `command`; with placeholders. */
  readonly command?: readonly string[] | undefined;
  /** Patterns of the reports that a `command` writes below {output}. */
  readonly reports: readonly string[];
  readonly source?: string | undefined;
  readonly successExitCodes?: readonly number[] | undefined;
  /** Vouches that a run which ended well has looked at everything in its scope. */
  readonly complete: boolean;
  readonly env: Readonly<Record<string, string | SecretRef>>;
  /** Name of an entry of `credentials`. */
  readonly credentials?: string | undefined;
  readonly timeoutMs: number;
  readonly attempts: number;
  readonly backoffMs: number;
  readonly nice: number;
  /** Runs of this job at once. */
  readonly concurrency: number;
  /** Of what lies ready, one run takes so much; the next ones take the rest. undefined: all there is. */
  readonly limit?: { readonly items: number; readonly bytes: number } | undefined;
  /** What becomes of an object once its report is in: it stays (undefined), or is deleted. */
  readonly after?: 'keep' | 'delete' | undefined;
  /** So long after the time that stands on it, an object may still come to be seen. undefined: for ever. */
  readonly overlapMs?: number | undefined;
}

export interface DiscoverOptions {
  /** Of the cloud's; undefined: all that are known. */
  readonly services?: readonly string[] | undefined;
  /** Only assets for which all of this holds. */
  readonly include?: Choice | undefined;
  /** Not assets for which any of this holds. */
  readonly exclude?: Choice | undefined;
  /** An asset that no scan looked at for so long is one that no scan looks at. */
  readonly scannedWithinMs: number;
}

export const SCANNERS = [
  ...(['prowler', 'scoutsuite', 'nmap', 'nikto', 'zap', 'trivy', 'command'] as const),
  ...(['securityhub', 'inspector2', 'guardduty', 'macie', 'access-analyzer', 'ecr'] as const),
  ...(['perimeter', 'credential-report', 'inbox', 'sqs'] as const),
] as const;
export type ScannerId = (typeof SCANNERS)[number];

/** Which accounts: all that is given must hold; `*` and `?` in patterns. */
export interface AccountFilter {
  readonly cloud?: readonly string[] | undefined;
  readonly account?: readonly string[] | undefined;
  readonly name?: readonly string[] | undefined;
  readonly environment?: readonly string[] | undefined;
  readonly team?: readonly string[] | undefined;
  readonly label?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** An account that scanners look at. */
export interface Account {
  readonly cloud: string;
  readonly account: string;
  readonly name: string | null;
  readonly team: string | null;
  readonly environment: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly enabled: boolean;
  /** Name of an entry of `credentials`; null: the job's. */
  readonly credentials: string | null;
  /** Where it is known from: `configuration`, `environment`, or the name of a discovery. */
  readonly origin: string;
}

/** What one run looks at. */
export type Target =
  | { readonly kind: 'account'; readonly account: Account }
  | { readonly kind: 'one'; readonly value: string; readonly assets?: readonly Asset[] }
  | {
      readonly kind: 'list';
      readonly values: readonly string[];
      /** Those of the values that perimeter discovery found. */
      readonly assets?: readonly Asset[];
      /** Hosts that it does not find any more. */
      readonly gone?: readonly string[];
    };
