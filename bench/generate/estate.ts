import { cellOf, type CellRecord } from '../../collector/src/findings/cells.ts';
import { eventOf, type FindingEvent } from '../../collector/src/findings/events.ts';
import type { Finding } from '../../collector/src/findings/finding.ts';
import { fingerprint as fingerprintFor } from '../../collector/src/findings/fingerprint.ts';
import { scoreOfSeverity, SEVERITIES, type Severity } from '../../collector/src/findings/severity.ts';
import { EMPTY_SUMMARY } from '../../collector/src/findings/summary.ts';
import { firstHead } from '../../collector/src/lake/advance.ts';
import { type Commit, encodeCommit, type RunRecord } from '../../collector/src/lake/commit-file.ts';
import { stateRef } from '../../collector/src/lake/committer.ts';
import { encodeHead, type Head } from '../../collector/src/lake/head.ts';
import {
  commitIdOf,
  commitKey,
  headKey,
  scopeOf,
  segmentKey,
  sha256,
  stateKey,
} from '../../collector/src/lake/keys.ts';
import { encodeSegment } from '../../collector/src/lake/segment-file.ts';
import { encodeState } from '../../collector/src/lake/state-file.ts';
import type { ObjectStore } from '../../collector/src/store/object-store.ts';
import { chanceOf } from '../../collector/src/sample/random.ts';

/**
 * A large estate with a year of history, written straight into a bucket as the collector would have left it: findings
 * come in groups (a deployment opens the same flaw on many resources), most get fixed, some return, a few are decided on,
 * and once a scanner's update rescores some rules.
 */
export interface EstateSize {
  readonly accounts: number;
  /** Findings that ever were, over all accounts; about 42 % of them are open in the end, and each has about two events. */
  readonly findings: number;
  readonly weeks: number;
}

/** 500 accounts, a million open findings, five million events, 52 weeks. */
export const LARGE_ESTATE: EstateSize = { accounts: 500, findings: 2_500_000, weeks: 52 };
export const ESTATE_END = Date.UTC(2026, 10, 15, 12);

const WEEK_MS = 604_800_000;
const DAY_MS = 86_400_000;
const KEPT_APART = 8;
const RULES = 400;
const SERVICES = 45;
const REGIONS = [
  'eu-west-1',
  'eu-central-1',
  'us-east-1',
  'us-west-2',
  'ap-southeast-1',
  'ap-northeast-1',
  'sa-east-1',
  'global',
];
const ENVIRONMENTS = ['production', 'staging', 'development', 'sandbox'];
const SLA_DAYS: Partial<Record<Severity, number>> = { CRITICAL: 7, HIGH: 30, MEDIUM: 90 };
/** The week in which some rules get another severity. */
const RESCORED = 0.5;

interface ScopePlan {
  readonly source: string;
  readonly cloud: string;
  readonly account: string;
  readonly name: string;
  readonly team: string;
  readonly environment: string;
  readonly findings: number;
  readonly index: number;
}

export interface Written {
  readonly scopes: number;
  readonly findings: number;
  readonly open: number;
  readonly events: number;
}

/** @param progress called after each scope */
export async function writeEstate(
  store: ObjectStore,
  size: EstateSize,
  progress: (done: number, total: number) => void,
): Promise<Written> {
  const plans = plansOf(size);
  const written = { scopes: plans.length, findings: 0, open: 0, events: 0 };
  for (const [index, plan] of plans.entries()) {
    const { findings, open, events } = await writeScope(store, plan, size.weeks);
    written.findings += findings;
    written.open += open;
    written.events += events;
    progress(index + 1, plans.length);
  }
  return written;
}

/** Every account is scanned by Prowler, two of five also by ScoutSuite. A few accounts are large. */
function plansOf({ accounts, findings }: EstateSize): ScopePlan[] {
  const chance = chanceOf(1);
  const places: Omit<ScopePlan, 'findings'>[] = [];
  for (let n = 0; n < accounts; n++) {
    const cloud = n % 10 < 6 ? 'aws' : n % 10 < 8 ? 'azure' : 'gcp';
    const team = `team-${Math.floor(chance('team', n) * 40)}`;
    const environment = ENVIRONMENTS[Math.floor(chance('env', n) ** 1.5 * 4)] ?? 'production';
    const account =
      cloud === 'aws'
        ? String(100_000_000_000 + n * 7919)
        : cloud === 'gcp'
          ? `project-${n}`
          : `${sha256(String(n)).slice(0, 8)}-sub`;
    const name = `${environment.slice(0, 4)}-${team}-${n}`;
    for (const source of n % 5 < 2 ? ['prowler', 'scoutsuite'] : ['prowler'])
      places.push({ source, cloud, account, name, team, environment, index: places.length });
  }
  const weights = places.map((_place, n) => 1 / Math.sqrt(1 + Math.floor(chance('size', n) * places.length)));
  const sum = weights.reduce((a, b) => a + b, 0);
  return places.map((place, n) => ({
    ...place,
    findings: Math.max(20, Math.round((findings * (weights[n] ?? 0)) / sum)),
  }));
}

/** What happens to a group of findings that came together, by week. */
interface Group {
  readonly rule: number;
  readonly region: string;
  readonly size: number;
  readonly opened: number;
  readonly baseline: boolean;
  /** Weeks in which it is fixed and comes back, by turns. */
  readonly turns: readonly number[];
  readonly id: number;
}

function groupsOf(plan: ScopePlan, weeks: number): { groups: Group[]; onboarded: number } {
  const chance = chanceOf(plan.index + 7);
  const onboarded = Math.floor(chance('onboarded') * weeks * 0.4);
  const groups: Group[] = [];
  for (let left = plan.findings, id = 0; left > 0; id++) {
    const size = Math.min(left, 1 + Math.floor(-Math.log(1 - chance('size', id)) * 6));
    const baseline = chance('baseline', id) < 0.25;
    const opened = baseline
      ? onboarded
      : onboarded + 1 + Math.floor(chance('opened', id) * (weeks - onboarded - 1));
    const turns: number[] = [];
    let week = opened;
    for (const share of [0.84, 0.36, 0.5]) {
      if (chance('turn', id, turns.length) >= share) break;
      week += 1 + Math.floor(-Math.log(1 - chance('after', id, turns.length)) * 8);
      if (week >= weeks) break;
      turns.push(week);
    }
    const rule = Math.floor(chance('rule', id) ** 2 * RULES);
    const region =
      REGIONS[(plan.index + Math.floor(chance('region', id) ** 2 * 4)) % REGIONS.length] ?? 'global';
    groups.push({ rule, region, size, opened: Math.min(opened, weeks - 1), baseline, turns, id });
    left -= size;
  }
  return { groups, onboarded };
}

interface Story {
  readonly commits: Commit[];
  readonly findings: Map<string, Finding>;
  readonly cells: Map<string, CellRecord>;
  readonly rules: string[];
}

async function writeScope(
  store: ObjectStore,
  plan: ScopePlan,
  weeks: number,
): Promise<Omit<Written, 'scopes'>> {
  const scope = scopeOf(plan.source, plan.cloud, plan.account);
  const { commits, findings, cells, rules } = tell(plan, scope, weeks);
  const first = firstHead({ scope, source: plan.source, cloud: plan.cloud, account: plan.account }, 1);
  const old = commits.slice(0, -KEPT_APART);
  const recent = commits.slice(-KEPT_APART);
  const state = await encodeState(findings, scope);
  const last = commits.at(-1);
  if (last === undefined) throw new Error(`${scope} has no commit`);
  const key = stateKey(first.scopeId, last.id);
  await store.put(key, state);
  for (const commit of recent)
    await store.put(commitKey(first.scopeId, commit.id), await encodeCommit(commit));
  const segments: Head['segments'][number][] = [];
  const [from, to] = [old[0], old.at(-1)];
  if (from !== undefined && to !== undefined) {
    const body = await encodeSegment(old, scope, '');
    const segment = segmentKey(first.scopeId, from.seq, to.seq, body);
    await store.put(segment, body);
    segments.push({
      key: segment,
      from: from.seq,
      to: to.seq,
      commits: old.length,
      events: old.reduce((sum, { events }) => sum + events.length, 0),
      newestInput: to.at,
      foldedAt: ESTATE_END,
    });
  }
  const runs = commits.filter(({ run }) => run !== null);
  const lastRun = runs.at(-1)?.run;
  const head: Head = {
    ...first,
    accountName: plan.name,
    team: plan.team,
    environment: plan.environment,
    seq: last.seq,
    nonce: sha256(scope).slice(0, 12),
    at: last.at,
    identity: 'bench',
    state: stateRef(key, findings.size, state),
    cells,
    lastComplete: { at: last.at, rules },
    commits: recent.map(({ id, seq, at, input, run, events }) => ({
      id,
      seq,
      at,
      kind: input.kind,
      input: input.id,
      inputAt: at,
      events: events.length,
      outcome: run?.outcome ?? null,
    })),
    segments,
    lastRun:
      lastRun == null
        ? null
        : {
            runId: lastRun.runId,
            observedAt: lastRun.observedAt,
            outcome: lastRun.outcome,
            reason: null,
            notes: [],
            opened: 0,
            closed: 0,
            raw: { key: 'raw/none', name: 'none', bytes: 0 },
          },
    checks: lastRun?.checks ?? {},
    checksAt: lastRun?.observedAt ?? null,
    completeRuns: runs.slice(-12).map(({ at }) => at),
    summary: EMPTY_SUMMARY,
  };
  await store.replace(headKey(first.scopeId), encodeHead(head), null);
  let open = 0;
  for (const { scanner } of findings.values()) if (scanner === 'open') open++;
  return {
    findings: findings.size,
    open,
    events: commits.reduce((sum, { events }) => sum + events.length, 0),
  };
}

function tell(plan: ScopePlan, scope: string, weeks: number): Story {
  const { groups, onboarded } = groupsOf(plan, weeks);
  const jitter = Math.floor(chanceOf(plan.index)('jitter') * 6 * DAY_MS);
  const timeOf = (week: number): number => ESTATE_END - (weeks - 1 - week) * WEEK_MS - jitter;
  const rescored = Math.floor(weeks * RESCORED);
  const byWeek = Array.from({ length: weeks }, (): Group[] => []);
  for (const group of groups)
    for (const week of new Set([group.opened, ...group.turns])) byWeek[week]?.push(group);
  const findings = new Map<string, Finding>();
  const openOf = new Map<string, number>();
  const cells = new Map<string, CellRecord>();
  const used = new Map<string, Set<string>>();
  const chance = chanceOf(plan.index + 99);
  const services = [...new Set(groups.map(({ rule }) => serviceOf(rule)))].sort();
  for (const group of groups) {
    const cell = cellOf(serviceOf(group.rule), group.region);
    used.set(cell, (used.get(cell) ?? new Set()).add(ruleOf(group.rule)));
  }
  const covered = [...used.keys()].sort();
  const rules = [...new Set([...used.values()].flatMap((set) => [...set]))].sort();
  const commits: Commit[] = [];
  const count = (finding: Finding, by: number): void =>
    void openOf.set(finding.service, (openOf.get(finding.service) ?? 0) + by);
  for (let week = onboarded; week < weeks; week++) {
    const at = timeOf(week);
    const events: FindingEvent[] = [];
    for (const group of byWeek[week] ?? []) {
      const turn = group.turns.indexOf(week);
      for (let n = 0; n < group.size; n++) {
        if (week === group.opened && turn < 0) {
          const opened = openedOf(plan, group, n, at, week >= rescored);
          findings.set(opened.fingerprint, opened);
          count(opened, 1);
          events.push(eventOf(opened, 'opened', opened.openedCause, at));
          continue;
        }
        const old = findings.get(nameOf(plan, group, n));
        if (old === undefined) continue;
        const next: Finding =
          turn % 2 === 0
            ? { ...old, scanner: 'fixed', closedCause: 'resolved', fixedAt: at, lastSeen: at - WEEK_MS }
            : {
                ...old,
                scanner: 'open',
                closedCause: null,
                fixedAt: null,
                reopenedAt: at,
                reopenCount: old.reopenCount + 1,
                openedCause: 'drift',
                dueAt: dueOf(old.severity, at),
              };
        findings.set(next.fingerprint, next);
        count(next, turn % 2 === 0 ? -1 : 1);
        events.push(
          eventOf(next, turn % 2 === 0 ? 'fixed' : 'reopened', turn % 2 === 0 ? 'resolved' : 'drift', at),
        );
      }
    }
    if (week === rescored) events.push(...rescore(findings, at));
    commits.push(
      commitOf(
        plan,
        scope,
        commits.length + 1,
        at,
        events,
        runOf(scope, plan, at, services, openOf, covered, rules),
      ),
    );
    const decided = decide(findings, events, chance, at + DAY_MS);
    if (decided.length > 0 && week < weeks - 1)
      commits.push(commitOf(plan, scope, commits.length + 1, at + DAY_MS, decided, null));
  }
  const newest = timeOf(weeks - 1);
  for (const [cell, names] of used)
    cells.set(cell, { at: newest, completeAt: newest, rules: [...names].sort() });
  return { commits, findings, cells, rules };
}

/** One in a hundred of what just opened is accepted for ninety days, or called false. */
function decide(
  findings: Map<string, Finding>,
  events: readonly FindingEvent[],
  chance: (...parts: (string | number)[]) => number,
  at: number,
): FindingEvent[] {
  const decided: FindingEvent[] = [];
  for (const { kind, fingerprint } of events) {
    if (kind !== 'opened' || chance('decided', fingerprint) > 0.012) continue;
    const old = findings.get(fingerprint);
    if (old === undefined) continue;
    const until = chance('until', fingerprint) < 0.7 ? at + 90 * DAY_MS : null;
    const verdict = {
      id: fingerprint,
      kind: until === null ? 'false_positive' : 'accepted',
      until,
      by: 'bench',
      reason: 'known',
      at,
    } as const;
    const next: Finding = { ...old, verdict };
    findings.set(fingerprint, next);
    decided.push(eventOf(next, 'verdict', 'verdict', at));
  }
  return decided;
}

function rescore(findings: Map<string, Finding>, at: number): FindingEvent[] {
  const events: FindingEvent[] = [];
  for (const old of findings.values()) {
    const severity = severityOf(Number(old.ruleId.slice('check_'.length)), true);
    if (old.scanner !== 'open' || severity === old.severity) continue;
    const next: Finding = {
      ...old,
      severity,
      mappedSeverity: severity,
      score: scoreOfSeverity(severity),
      mappedScore: scoreOfSeverity(severity),
      dueAt: dueOf(severity, old.reopenedAt ?? old.firstSeen),
    };
    findings.set(next.fingerprint, next);
    events.push(eventOf(next, 'changed', 'scan', at));
  }
  return events;
}

function commitOf(
  plan: ScopePlan,
  scope: string,
  seq: number,
  at: number,
  events: FindingEvent[],
  run: RunRecord | null,
): Commit {
  const id = sha256(`${scope}|${seq}`).slice(0, 32);
  const input: Commit['input'] =
    run === null
      ? { kind: 'verdict', id, at, key: `verdicts/none/${id}.json` }
      : {
          kind: 'run',
          id: run.runId,
          observedAt: at,
          declaredComplete: false,
          outcome: null,
          durationMs: null,
          source: plan.source,
          identity: 'bench',
          raw: { key: 'raw/none', digest: '', bytes: 0, name: `${plan.source}-${plan.account}-${seq}.json` },
          companion: null,
        };
  return {
    id: commitIdOf(1, seq, input.id, id.slice(0, 12)),
    scope,
    generation: 1,
    seq,
    at,
    config: null,
    input,
    run,
    events,
  };
}

function runOf(
  scope: string,
  plan: ScopePlan,
  at: number,
  services: readonly string[],
  open: ReadonlyMap<string, number>,
  covered: string[],
  rules: readonly string[],
): RunRecord {
  const checks: RunRecord['checks'] = {};
  let observed = 0;
  for (const service of services) {
    const flagged = open.get(service) ?? 0;
    observed += flagged;
    const checked = Math.round(flagged * 1.3 + 40);
    checks[service] = {
      checked: checked + flagged,
      flagged,
      resources: plan.source === 'prowler' ? null : checked,
    };
  }
  return {
    runId: sha256(`run|${scope}|${at}`).slice(0, 32),
    observedAt: at,
    committedAt: at + 300_000,
    mode: 'snapshot',
    outcome: 'complete',
    reason: null,
    late: false,
    sourceVersion: '1',
    observed,
    suppressed: 0,
    passed: observed,
    cells: covered.length,
    rules: rules.length,
    rulesExpected: rules.length,
    notes: [],
    covered,
    checks,
    durationMs: 600_000 + (at % 600_000),
  };
}

const ruleOf = (rule: number): string => `check_${rule}`;
const serviceOf = (rule: number): string => `service${rule % SERVICES}`;

function severityOf(rule: number, later: boolean): Severity {
  const place = (rule * 37) % 100;
  const rank = place < 2 ? 4 : place < 18 ? 3 : place < 70 ? 2 : place < 95 ? 1 : 0;
  const shifted = later && rule % 29 === 0 && rank < 4 ? rank + 1 : rank;
  return SEVERITIES[shifted] ?? 'LOW';
}

function dueOf(severity: Severity, from: number): number | null {
  const days = SLA_DAYS[severity];
  return days === undefined ? null : from + days * DAY_MS;
}

const names = new Map<string, string>();

/** Remembered for the scope that is being written. */
function nameOf(plan: ScopePlan, group: Group, n: number): string {
  const key = `${plan.index}|${group.id}|${n}`;
  const known = names.get(key);
  if (known !== undefined) return known;
  if (names.size > 500_000) names.clear();
  const name = fingerprintFor({
    source: plan.source,
    cloud: plan.cloud,
    account: plan.account,
    region: group.region,
    rule: ruleOf(group.rule),
    resource: `${group.id}|${n}`,
    locator: '',
  });
  names.set(key, name);
  return name;
}

/** Texts of a rule, once for all of its findings. */
const texts = RULE_TEXTS();

function RULE_TEXTS(): {
  title: string;
  description: string;
  remediation: string;
  references: string[];
  frameworks: string[];
}[] {
  return Array.from({ length: RULES }, (_none, rule) => ({
    title: `Check ${rule}: ${serviceOf(rule)} keeps to its rule number ${rule}`,
    description: `What check ${rule} looks at, in a few sentences as scanners write them. `.repeat(5),
    remediation:
      `Open the console of ${serviceOf(rule)} and change setting ${rule}, or use the command line. `.repeat(
        3,
      ),
    references: [`https://docs.example.org/${serviceOf(rule)}/${rule}`],
    frameworks: [
      `CIS 3.0:${1 + (rule % 6)}.${rule % 20}`,
      ...(rule % 3 === 0 ? [`PCI 4.0:${rule % 12}.${rule % 7}`] : []),
      ...(rule % 4 === 0 ? [`ISO 27001:A.${rule % 18}.${rule % 5}`] : []),
    ],
  }));
}

function openedOf(plan: ScopePlan, group: Group, n: number, at: number, later: boolean): Finding {
  const fingerprint = nameOf(plan, group, n);
  const service = serviceOf(group.rule);
  const severity = severityOf(group.rule, later);
  const text = texts[group.rule];
  if (text === undefined) throw new Error(`no rule ${group.rule}`);
  const resource = `${service}-${fingerprint.slice(0, 12)}`;
  const labels = { 'cost-center': `cc-${(plan.index * 13 + group.id) % 400}` };
  return {
    fingerprint,
    source: plan.source,
    sourceVersion: '1',
    cloud: plan.cloud,
    account: plan.account,
    accountName: plan.name,
    reportedAccountName: null,
    cell: cellOf(service, group.region),
    correlationKey: null,
    sourceFindingId: null,
    class: group.rule % 7 === 0 ? 'iam' : group.rule % 11 === 0 ? 'exposure' : 'compliance',
    region: group.region,
    service,
    resourceType: `${service}-thing`,
    resourceId: `arn:${plan.cloud}:${service}:${group.region}:${plan.account}:thing/${resource}`,
    resourceName: resource,
    locator: '',
    ruleId: ruleOf(group.rule),
    title: text.title,
    description: text.description,
    remediation: text.remediation,
    references: text.references,
    severity,
    score: scoreOfSeverity(severity),
    mappedSeverity: severity,
    mappedScore: scoreOfSeverity(severity),
    severityOriginal: severity.toLowerCase(),
    cve: [],
    cwe: [],
    cvss: null,
    package: null,
    fixedVersion: null,
    frameworks: text.frameworks,
    tags: labels,
    labels,
    occurrences: 1,
    team: plan.team,
    environment: plan.environment,
    runId: '',
    scanner: 'open',
    verdict: null,
    mute: null,
    openedCause: group.baseline ? 'baseline' : 'drift',
    closedCause: null,
    firstSeen: at,
    lastSeen: at,
    fixedAt: null,
    reopenedAt: null,
    reopenCount: 0,
    dueAt: dueOf(severity, at),
  };
}
