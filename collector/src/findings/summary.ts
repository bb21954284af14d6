import { CellIndex, type Cells } from './cells.ts';
import type { FindingEvent } from './events.ts';
import { decisionAt, type Finding, type Findings } from './finding.ts';
import type { Cell, EpochMs } from './model.ts';
import type { Severity } from './severity.ts';
import { Top } from './top.ts';

/**
 * What a head says of its findings, so that a report over 500 scopes reads 500 small objects and no state.
 * It holds no answer that time could make wrong: counts are kept by the moments at which they change.
 */
export interface ScopeSummary {
  readonly groups: readonly SummaryGroup[];
  /** Counted since the generation began; a report subtracts the one before. */
  readonly flows: readonly FlowCount[];
  /** The worst open findings, by score and then age. */
  readonly worst: readonly WorstFinding[];
  /** The texts of their rules, once each. */
  readonly rules: Readonly<Record<string, RuleTexts>>;
}

/** What a rule says of all that it finds; cut to what a page shows. */
export interface RuleTexts {
  readonly title: string;
  readonly remediation: string | null;
  readonly references: readonly string[];
}

/** Findings that the scanner says are open, by where they are. */
export interface SummaryGroup {
  readonly cell: Cell;
  readonly service: string;
  readonly region: string;
  readonly severity: Severity;
  readonly team: string | null;
  /** How many are open by decision and date. `until` null: for good. `decision` null: nothing decided. */
  readonly counts: readonly SummaryCount[];
}

export interface SummaryCount {
  readonly n: number;
  readonly decision: 'false_positive' | 'accepted' | 'muted' | null;
  readonly until: EpochMs | null;
  readonly dueAt: EpochMs | null;
  /** End of a mute that goes on where an acceptance ends; older collectors do not say. */
  readonly mutedUntil?: EpochMs | undefined;
}

export const FLOWS = [
  'drift',
  'ruleset',
  'baseline',
  'reopened',
  'fixed',
  'fixedRuleset',
  'retired',
] as const;
export type Flow = (typeof FLOWS)[number];

export interface FlowCount {
  readonly service: string;
  readonly severity: Severity;
  readonly flow: Flow;
  readonly n: number;
}

/** Enough of a finding for a list. */
export interface WorstFinding {
  readonly fingerprint: string;
  readonly cell: Cell;
  readonly severity: Severity;
  readonly score: number;
  readonly rule: string;
  readonly region: string;
  readonly service: string;
  readonly resourceType: string | null;
  readonly resource: string;
  readonly resourceName: string | null;
  readonly team: string | null;
  readonly firstSeen: EpochMs;
  readonly dueAt: EpochMs | null;
  /** End of the decision in force, null where there is none: until then it is not open. */
  readonly until: EpochMs | null;
}

export const EMPTY_SUMMARY: ScopeSummary = { groups: [], flows: [], worst: [], rules: {} };

/** Heads stay small: the report lists a few hundred findings over all scopes. */
const WORST_PER_SCOPE = 60;
/** And some that a decision covers now: nobody writes the head when it ends. */
const DECIDED_PER_SCOPE = 5;
const REMEDIATION_CHARACTERS = 400;
const TITLE_CHARACTERS = 200;

export function summarize(
  before: ScopeSummary,
  findings: Findings,
  events: readonly FindingEvent[],
  now: EpochMs,
): ScopeSummary {
  return {
    groups: groupsOf(findings, now),
    flows: addFlows(before.flows, events),
    ...worstOf(findings, now),
  };
}

type MutableCount = { -readonly [K in keyof SummaryCount]: SummaryCount[K] };

interface Group {
  readonly first: Finding;
  readonly counts: MutableCount[];
  /** The counts of those that nobody decided on, by date: nearly all, and worth a key that is no new text. */
  readonly undecided: Map<EpochMs | null, MutableCount>;
  /** The others, by decision and date. */
  readonly decided: Map<string, MutableCount>;
}

function groupsOf(findings: Findings, now: EpochMs): SummaryGroup[] {
  const groups = new Map<string, Group[]>();
  for (const finding of findings.values()) {
    if (finding.scanner === 'fixed') continue;
    const group = groupOf(groups, finding);
    const count = countOf(group, decidedAt(finding, now), finding.dueAt);
    count.n++;
  }
  return [...groups.values()].flat().map(({ first, counts }) => ({
    cell: first.cell,
    service: first.service,
    region: first.region,
    severity: first.severity,
    team: first.team,
    counts,
  }));
}

interface Decided {
  readonly kind: NonNullable<SummaryCount['decision']>;
  readonly until: EpochMs | null;
  readonly mutedUntil: EpochMs | null;
}

/** The decision in force, with the mute that takes its place when it ends. */
function decidedAt(finding: Finding, now: EpochMs): Decided | null {
  const decision = decisionAt(finding, now);
  if (decision === null) return null;
  const next = decision.until === null ? null : decisionAt(finding, decision.until);
  return { ...decision, mutedUntil: next?.until ?? null };
}

function countOf(group: Group, decision: Decided | null, dueAt: EpochMs | null): MutableCount {
  const key =
    decision === null
      ? ''
      : `${decision.kind}|${decision.until ?? ''}|${dueAt ?? ''}|${decision.mutedUntil ?? ''}`;
  const known = decision === null ? group.undecided.get(dueAt) : group.decided.get(key);
  if (known !== undefined) return known;
  const made: MutableCount = {
    n: 0,
    decision: decision?.kind ?? null,
    until: decision?.until ?? null,
    dueAt,
    ...(decision?.mutedUntil == null ? {} : { mutedUntil: decision.mutedUntil }),
  };
  group.counts.push(made);
  if (decision === null) group.undecided.set(dueAt, made);
  else group.decided.set(key, made);
  return made;
}

/** Few groups share a cell, so that looking through them is cheaper than making one key of five texts for each finding. */
function groupOf(groups: Map<string, Group[]>, finding: Finding): Group {
  let ofCell = groups.get(finding.cell);
  if (ofCell === undefined) groups.set(finding.cell, (ofCell = []));
  for (const group of ofCell) {
    const { severity, team, service, region } = group.first;
    if (
      severity === finding.severity &&
      team === finding.team &&
      service === finding.service &&
      region === finding.region
    ) {
      return group;
    }
  }
  const made: Group = { first: finding, counts: [], undecided: new Map(), decided: new Map() };
  ofCell.push(made);
  return made;
}

function addFlows(before: readonly FlowCount[], events: readonly FindingEvent[]): FlowCount[] {
  const flows = new Map<string, { -readonly [K in keyof FlowCount]: FlowCount[K] }>();
  for (const flow of before) flows.set(`${flow.service}\n${flow.severity}\n${flow.flow}`, { ...flow });
  for (const event of events) {
    const flow = flowOf(event);
    if (flow === null) continue;
    const key = `${event.service}\n${event.severity}\n${flow}`;
    const counted = flows.get(key);
    if (counted === undefined) {
      flows.set(key, { service: event.service, severity: event.severity, flow, n: 1 });
    } else {
      counted.n++;
    }
  }
  return [...flows.values()];
}

function flowOf(event: FindingEvent): Flow | null {
  switch (event.kind) {
    case 'opened':
      return event.openedCause;
    case 'reopened':
      return 'reopened';
    case 'fixed':
      return event.closedCause === 'ruleset' ? 'fixedRuleset' : 'fixed';
    case 'retired':
      return 'retired';
    case 'changed':
    case 'verdict':
    case 'muted':
    case 'unmuted':
    case 'rekeyed':
      return null;
  }
}

function worstOf(findings: Findings, now: EpochMs): Pick<ScopeSummary, 'worst' | 'rules'> {
  const undecided = new Top<Finding>(WORST_PER_SCOPE, byWeight);
  const decided = new Top<Finding>(DECIDED_PER_SCOPE, byWeight);
  for (const finding of findings.values()) {
    if (finding.scanner === 'fixed') continue;
    const decision = decidedAt(finding, now);
    if (decision === null) undecided.offer(finding);
    else if (decision.until !== null) decided.offer(finding);
  }
  const shown = [...undecided.items(), ...decided.items()];
  return {
    worst: shown.map((finding) => ({
      fingerprint: finding.fingerprint,
      cell: finding.cell,
      severity: finding.severity,
      score: finding.score,
      rule: finding.ruleId,
      region: finding.region,
      service: finding.service,
      resourceType: finding.resourceType,
      resource: finding.resourceId,
      resourceName: finding.resourceName,
      team: finding.team,
      firstSeen: finding.firstSeen,
      dueAt: finding.dueAt,
      until: endOf(decidedAt(finding, now)),
    })),
    rules: Object.fromEntries(shown.map((finding) => [finding.ruleId, textsOf(finding)])),
  };
}

/** When it is open again. */
function endOf(decision: Decided | null): EpochMs | null {
  return decision?.mutedUntil ?? decision?.until ?? null;
}

function textsOf(finding: Finding): RuleTexts {
  return {
    title: finding.title.slice(0, TITLE_CHARACTERS),
    remediation: finding.remediation?.slice(0, REMEDIATION_CHARACTERS) ?? null,
    references: finding.references.slice(0, 2),
  };
}

function byWeight(a: Finding, b: Finding): number {
  return b.score - a.score || a.firstSeen - b.firstSeen || (a.fingerprint < b.fingerprint ? -1 : 1);
}

export interface GroupStanding {
  readonly group: SummaryGroup;
  readonly open: number;
  readonly accepted: number;
  readonly falsePositives: number;
  readonly muted: number;
  readonly overdueConfirmed: number;
  readonly overdueUnverified: number;
}

/** The summary's counts as they are at `now`: acceptances that ended, dates that passed. */
export function standingsAt(summary: ScopeSummary, cells: Cells, now: EpochMs): GroupStanding[] {
  const index = new CellIndex(cells);
  return summary.groups.map((group) => {
    const standing = {
      group,
      open: 0,
      accepted: 0,
      falsePositives: 0,
      muted: 0,
      overdueConfirmed: 0,
      overdueUnverified: 0,
    };
    const completeAt = index.completeAt(group.cell);
    for (const { n, decision, until, dueAt, mutedUntil } of group.counts) {
      const ended = decision === null || (until !== null && until <= now);
      const inForce = !ended ? decision : mutedUntil !== undefined && mutedUntil > now ? 'muted' : null;
      if (inForce === 'accepted') standing.accepted += n;
      else if (inForce === 'false_positive') standing.falsePositives += n;
      else if (inForce === 'muted') standing.muted += n;
      else {
        standing.open += n;
        if (dueAt === null || dueAt >= now) continue;
        if (completeAt !== null && completeAt > dueAt) standing.overdueConfirmed += n;
        else standing.overdueUnverified += n;
      }
    }
    return standing;
  });
}
