import { DEFAULT_EVERY_HOURS, learnedCadence } from '../../../collector/src/findings/cadence.ts';
import type { Finding } from '../../../collector/src/findings/finding.ts';
import type { Commit } from '../../../collector/src/lake/commit-file.ts';
import type { Committer } from '../../../collector/src/lake/committer.ts';
import { readHistory } from '../../../collector/src/lake/history.ts';
import { readHeads } from '../../../collector/src/lake/lake.ts';

/** Everything that the model knows: what the bucket holds, read whole. */
export interface Estate {
  readonly scopes: readonly ScopeFacts[];
  readonly expected: readonly ExpectedScope[];
  /** The clock: what scanners will find is not known in advance. */
  readonly now: number;
}

export interface ScopeFacts {
  readonly scope: string;
  readonly source: string;
  readonly cloud: string;
  readonly account: string;
  /** As the head says today. */
  readonly accountName: string | null;
  readonly team: string | null;
  readonly environment: string | null;
  readonly retired: boolean;
  /** How often it is expected to scan. */
  readonly everyMs: number;
  /** In the order in which they were made. */
  readonly commits: readonly Commit[];
  /** Findings as they are today, for what the past does not keep (texts, CVEs). */
  readonly today: ReadonlyMap<string, Finding>;
}

/** A scope that the configuration names; `source` and `cloud` null where any would do. */
export interface ExpectedScope {
  readonly source: string | null;
  readonly cloud: string | null;
  readonly account: string;
  readonly accountName: string | null;
  readonly team: string | null;
  readonly environment: string | null;
}

const HOUR = 3_600_000;

/** @param everyHours how often each source is expected to scan, where the configuration says so */
export async function readEstate(
  committer: Committer,
  everyHours: Readonly<Record<string, number>> = {},
): Promise<Estate> {
  const scopes: ScopeFacts[] = [];
  for (const head of await readHeads(committer)) {
    const commits: Commit[] = [];
    for await (const commit of readHistory(committer.store, head)) commits.push(commit);
    const { scope, source, cloud, account, accountName, team, environment, retired } = head;
    const today = (await committer.stateFor(head)).findings;
    scopes.push({
      ...{ scope, source, cloud, account, accountName, team, environment, retired },
      everyMs: (everyHours[source] ?? learnedCadence(head.completeRuns) ?? DEFAULT_EVERY_HOURS) * HOUR,
      commits,
      today,
    });
  }
  const { settings } = await committer.configs.reload();
  const expected = settings.accounts.flatMap(({ cloud, account, name, team, environment, sources }) =>
    (sources ?? [null]).map((source) => ({
      source,
      cloud: cloud ?? null,
      account,
      accountName: name ?? null,
      team: team ?? null,
      environment: environment ?? null,
    })),
  );
  return { scopes, expected, now: committer.now() };
}
