import { applyRetirement, applySettings, applyVerdict, type VerdictInput } from '../findings/decisions.ts';
import type { FindingEvent } from '../findings/events.ts';
import { applyRun } from '../findings/lifecycle.ts';
import type { EpochMs, ScopeReport } from '../findings/model.ts';
import { accountOf } from '../findings/settings.ts';
import { EMPTY_STATE, type ScopeState } from '../findings/state.ts';
import { EMPTY_SUMMARY, summarize } from '../findings/summary.ts';
import type { CommitInput, RunCommitInput, RunRecord } from './commit-file.ts';
import type { AppliedConfig } from './config-store.ts';
import type { Head, LastRun } from './head.ts';
import { scopeIdOf } from './keys.ts';

/** Whose commits these are. */
export interface ScopeName {
  readonly scope: string;
  readonly source: string;
  readonly cloud: string;
  readonly account: string;
}

/** An input with everything that is needed to compute what it does. */
export type Change =
  | { readonly input: RunCommitInput; readonly report: ScopeReport }
  | { readonly input: Extract<CommitInput, { kind: 'verdict' }>; readonly verdict: VerdictInput }
  | { readonly input: Extract<CommitInput, { kind: 'config' }> }
  | { readonly input: Extract<CommitInput, { kind: 'retire' }> };

export interface Position {
  readonly head: Head | null;
  readonly state: ScopeState;
  readonly config: AppliedConfig;
}

export interface Advance {
  readonly state: ScopeState;
  readonly events: readonly FindingEvent[];
  readonly run: RunRecord | null;
  /** Time of the commit: of its events, or of the input where it has none. */
  readonly at: EpochMs;
  /** Neither rows nor events nor anything else to remember: no commit is owed. */
  readonly empty: boolean;
}

const COMPLETE_RUNS_KEPT = 12;

export function inputTime(input: CommitInput): EpochMs {
  return input.kind === 'run' ? input.observedAt : input.at;
}

/**
 * What an input does to a scope under a configuration. A configuration that came into force since the scope's last commit
 * is applied first, in the same commit, so that no row ever shows a run under an older one.
 */
export function advance(position: Position, change: Change, config: AppliedConfig, now: EpochMs): Advance {
  const before = position.state;
  const at = change.input.kind === 'config' ? change.input.at : inputTime(change.input);
  const configured =
    position.config.digest === config.digest
      ? { next: before, events: [] }
      : applySettings(before, position.config.settings, config.settings, at);
  const done = step(configured.next, change, config, now);
  const events = [...configured.events, ...done.events];
  const state = done.next;
  return {
    state,
    events,
    run: done.run,
    at: events.at(-1)?.at ?? at,
    // A configuration is always owed one. A head that still named an older one would let a writer that has not heard of the
    // new one commit under the old, and nobody would come back to those rows.
    empty:
      events.length === 0 &&
      done.run === null &&
      state.retired === before.retired &&
      change.input.kind !== 'config',
  };
}

interface Done {
  readonly next: ScopeState;
  readonly events: readonly FindingEvent[];
  readonly run: RunRecord | null;
}

function step(state: ScopeState, change: Change, config: AppliedConfig, now: EpochMs): Done {
  if ('verdict' in change) return { ...applyVerdict(state, change.verdict), run: null };
  if ('report' in change) return runStep(state, change, config, now);
  if (change.input.kind === 'retire') return { ...applyRetirement(state, change.input.at), run: null };
  return { next: state, events: [], run: null };
}

function runStep(
  state: ScopeState,
  { input, report }: Extract<Change, { report: ScopeReport }>,
  config: AppliedConfig,
  now: EpochMs,
): Done {
  const taken = input.outcome === null ? report : { ...report, outcome: input.outcome };
  const run = {
    runId: input.id,
    observedAt: input.observedAt,
    report: taken,
    identity: input.identity,
    declaredComplete: input.declaredComplete,
  };
  const { next, events, judgement, late, covered } = applyRun(state, run, config.settings);
  return {
    next,
    events,
    run: {
      runId: input.id,
      observedAt: input.observedAt,
      committedAt: now,
      mode: report.mode,
      outcome: judgement.outcome,
      reason: judgement.reason,
      late,
      sourceVersion: report.sourceVersion,
      observed: report.observations.length,
      suppressed: report.suppressed,
      passed: report.passed,
      cells: report.coverage.size,
      rules: judgement.rules.length,
      rulesExpected: judgement.rulesExpected,
      notes: [...report.notes],
      covered: [...covered],
      durationMs: input.durationMs,
      checks: Object.fromEntries([...report.checks].map(([service, stats]) => [service, { ...stats }])),
    },
  };
}

/** What the head looks like before the first commit of a scope. */
export function firstHead(name: ScopeName, generation: number): Head {
  return {
    ...name,
    scopeId: scopeIdOf(name.scope),
    accountName: null,
    team: null,
    environment: null,
    generation,
    seq: 0,
    nonce: '',
    at: null,
    config: null,
    identity: null,
    retired: false,
    state: null,
    cells: new Map(),
    lastComplete: null,
    commits: [],
    segments: [],
    superseded: [],
    lastRun: null,
    checks: {},
    checksAt: null,
    completeRuns: [],
    summary: EMPTY_SUMMARY,
  };
}

export function stateOf(head: Head | null, findings: ScopeState['findings']): ScopeState {
  if (head === null) return EMPTY_STATE;
  return {
    findings,
    cells: head.cells,
    lastComplete: head.lastComplete,
    at: head.at ?? -Infinity,
    identity: head.identity,
    retired: head.retired,
  };
}

/** The part of the next head that follows from the step alone; names of objects are the committer's. */
export function headAfter(
  head: Head,
  before: ScopeState,
  done: Advance,
  change: Change,
  config: AppliedConfig,
  now: EpochMs,
): Head {
  const { state, run, events } = done;
  const account = accountOf(config.settings, head.cloud, head.account);
  const reported = 'report' in change ? change.report.accountName : null;
  return {
    ...head,
    accountName: account.name ?? reported ?? head.accountName,
    team: account.team ?? null,
    environment: account.environment ?? null,
    at: Number.isFinite(state.at) ? state.at : null,
    config: config.digest,
    identity: state.identity,
    retired: state.retired,
    cells: state.cells,
    lastComplete: state.lastComplete,
    summary:
      state.findings === before.findings
        ? head.summary
        : summarize(head.summary, state.findings, events, now),
    ...(run !== null && 'report' in change ? afterRun(head, run, events, change.input) : {}),
  };
}

function afterRun(
  head: Head,
  run: RunRecord,
  events: readonly FindingEvent[],
  input: RunCommitInput,
): Partial<Head> {
  const newest = run.observedAt >= (head.lastRun?.observedAt ?? -Infinity);
  const complete = run.outcome === 'complete' && !run.late;
  const lastRun: LastRun = {
    runId: run.runId,
    observedAt: run.observedAt,
    outcome: run.outcome,
    reason: run.reason,
    notes: run.notes.slice(0, 5).map((note) => note.slice(0, 300)),
    opened: events.filter(({ kind }) => kind === 'opened' || kind === 'reopened').length,
    closed: events.filter(({ kind }) => kind === 'fixed').length,
    raw: { key: input.raw.key, name: input.raw.name, bytes: input.raw.bytes },
  };
  const newestStats = complete && run.observedAt >= (head.checksAt ?? -Infinity);
  return {
    ...(newest ? { lastRun } : {}),
    ...(newestStats ? { checks: run.checks, checksAt: run.observedAt } : {}),
    ...(complete
      ? {
          completeRuns: [...head.completeRuns, run.observedAt]
            .sort((a, b) => a - b)
            .slice(-COMPLETE_RUNS_KEPT),
        }
      : {}),
  };
}
