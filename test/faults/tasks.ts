import { DEFAULT_SETTINGS, type Settings } from '../../collector/src/findings/settings.ts';
import { ingestReport } from '../../collector/src/ingest/ingest.ts';
import { inputReader } from '../../collector/src/ingest/stored-input.ts';
import type { Committer } from '../../collector/src/lake/committer.ts';
import { foldScope, removeUnnamed } from '../../collector/src/lake/fold.ts';
import { scopeIdOf, scopeOf } from '../../collector/src/lake/keys.ts';
import { applyConfig, decide, retireScope } from '../../collector/src/lake/lake.ts';
import { rebuildScope } from '../../collector/src/lake/rebuild.ts';
import { prowlerReport, type ReportPlan } from './prowler-report.ts';

/** What a process is asked to do; the same task again is what a user does after a crash. */
export type Task =
  | ({ readonly do: 'ingest' } & ReportPlan)
  | {
      readonly do: 'verdict';
      readonly account: string;
      readonly at: number;
      /** Which of the scope's open findings, by fingerprint. */
      readonly nth: number;
      readonly reason: string;
    }
  | { readonly do: 'config'; readonly settings: keyof typeof SETTINGS; readonly at: number }
  | { readonly do: 'retire'; readonly account: string; readonly at: number }
  | { readonly do: 'fold'; readonly account: string; readonly keep: number }
  /** `at`: what was unnamed before goes. */
  | { readonly do: 'remove'; readonly account: string; readonly at: number }
  | { readonly do: 'rebuild'; readonly account: string };

export interface Done {
  /** Scope and id of each run that the store has acknowledged. */
  readonly runs: readonly { readonly scope: string; readonly runId: string; readonly status: string }[];
  /** Scope of an acknowledged verdict. */
  readonly verdict: string | null;
  /** Objects folded or removed. */
  readonly count: number;
}

const NOTHING: Done = { runs: [], verdict: null, count: 0 };
const DAY = 86_400_000;

export const SETTINGS = {
  owners: {
    ...DEFAULT_SETTINGS,
    ownership: [{ match: { service: ['s3'] }, team: 'storage', environment: 'production' }],
    mutes: [
      {
        id: 'imds',
        owner: 'ops',
        reason: 'replaced in spring',
        expires: Date.UTC(2030, 0),
        match: { rule: ['ec2_instance_imdsv2*'] },
      },
    ],
  },
  severities: {
    ...DEFAULT_SETTINGS,
    sla: { days: { CRITICAL: 3, HIGH: 10 }, teams: {} },
    accounts: [{ account: '111111111111', name: 'Payments', team: 'payments' }],
    severity: [{ match: { region: ['us-*'] }, severity: 'LOW' }],
  },
} as const satisfies Record<string, Settings>;

export const scopeNameOf = (account: string): string => scopeOf('prowler', 'aws', account);

export async function perform(committer: Committer, task: Task): Promise<Done> {
  switch (task.do) {
    case 'ingest': {
      const runs = await ingestReport(committer, prowlerReport(task));
      return { ...NOTHING, runs: runs.map(({ scope, runId, status }) => ({ scope, runId, status })) };
    }
    case 'verdict':
      return performVerdict(committer, task);
    case 'config':
      await applyConfig(committer, SETTINGS[task.settings], 'ops', task.at);
      return NOTHING;
    case 'retire':
      await retireScope(committer, scopeNameOf(task.account), 'ops', 'closed', task.at);
      return NOTHING;
    case 'fold':
      return { ...NOTHING, count: await foldScope(committer, idOf(task), task.keep) };
    case 'remove':
      return { ...NOTHING, count: await removeUnnamed(committer, idOf(task), committer.now() - task.at) };
    case 'rebuild':
      await rebuildScope(committer, idOf(task), inputReader(committer.store));
      return NOTHING;
  }
}

const idOf = ({ account }: { readonly account: string }): string => scopeIdOf(scopeNameOf(account));

async function performVerdict(
  committer: Committer,
  { account, at, nth, reason }: Extract<Task, { do: 'verdict' }>,
): Promise<Done> {
  const { head, state } = await committer.readBase(scopeIdOf(scopeNameOf(account)));
  const open = [...state.findings.values()]
    .filter(({ scanner }) => scanner === 'open')
    .map(({ fingerprint }) => fingerprint)
    .sort();
  const chosen = open[nth % open.length];
  if (head === null || chosen === undefined) return NOTHING;
  const accepted = nth % 2 === 0;
  const { status } = await decide(committer, head, [chosen], {
    verdict: accepted ? 'accepted' : 'false_positive',
    until: accepted ? at + 30 * DAY : null,
    by: 'ops',
    reason,
    at,
  });
  // Another process may have taken in a newer decision meanwhile: then this one changes nothing, and is told so.
  return { ...NOTHING, verdict: status === 'unchanged' ? null : head.scope };
}

/** The scope of tests that need only one. */
export const ACCOUNT = '111111111111';
export const SCOPE_ID = scopeIdOf(scopeNameOf(ACCOUNT));
export const HOUR = 3_600_000;
export const T0 = Date.UTC(2026, 0, 5, 3);

/** A run of it, so many hours after the first. */
export const ingest = (hour: number, seed: number): Task => ({
  do: 'ingest',
  accounts: [ACCOUNT],
  at: T0 + hour * HOUR,
  seed,
});
