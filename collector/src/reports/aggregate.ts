import { CellIndex } from '../findings/cells.ts';
import { overdueAt } from '../findings/finding.ts';
import type { EpochMs } from '../findings/model.ts';
import { standingsAt } from '../findings/summary.ts';
import type { Head } from '../lake/head.ts';
import { type AccountNumbers, accountOf } from './accounts.ts';
import { type Counters, countersOf, flowsSince, hasNews } from './counters.ts';
import { freshnessOf, iso } from './freshness.ts';
import {
  addChecks,
  addSeverities,
  addSeverity,
  noChecks,
  noSeverities,
  riskScore,
  type SeverityNumbers,
} from './numbers.ts';
import {
  isCloudKey,
  type Report,
  type ReportCloud,
  type ReportFinding,
  type ReportRegion,
  type ReportTotals,
  REPORT_VERSION,
} from './schema.ts';

export interface AggregateOptions {
  readonly now: EpochMs;
  /** Of the collector. */
  readonly version: string;
  /** The report that changes count against, with the counters kept beside it. */
  readonly previous: { readonly report: Report; readonly counters: Counters } | null;
  /** Rows in the list of the worst findings. */
  readonly findings: number;
  /** Points in the trend. */
  readonly historyDays: number;
  /** Hours between runs by source, where the configuration says so. */
  readonly cadenceHours: Readonly<Record<string, number>>;
  /** Whose check stats count where several sources look at one account, most wanted first. */
  readonly sourceOrder: readonly string[];
  /** Pages that scanners made themselves, by scope. */
  readonly pages: ReadonlyMap<string, { readonly href: string; readonly observedAt: EpochMs }>;
}

/** The report of a day out of the heads of all scopes. Pure. */
export function buildReport(heads: readonly Head[], options: AggregateOptions): Report {
  const { now, previous } = options;
  const accounts = new Map<string, AccountNumbers>();
  const regions = new Map<string, { -readonly [K in keyof ReportRegion]: ReportRegion[K] }>();
  const totals = emptyTotals(previous?.report ?? null);
  const ordered = [...heads].sort((a, b) => order(a, options) - order(b, options));

  const openByScope = new Map<string, number>();
  for (const head of ordered) {
    const sinceThen = flowsSince(countersOf(head), previous?.counters.get(head.scopeId));
    // Of what is given up nothing is open; what happened there before that is still to be told, once.
    if (head.retired && !hasNews(sinceThen)) continue;
    const account = accountOf(accounts, head);
    let open = 0;
    account.addHead(head, options);
    for (const { group, ...standing } of standingsAt(head.summary, head.cells, now)) {
      const part = account.service(group.service);
      totals.accepted += standing.accepted;
      totals.false_positives += standing.falsePositives;
      totals.muted += standing.muted;
      totals.overdue_confirmed += standing.overdueConfirmed;
      totals.overdue_unverified += standing.overdueUnverified;
      part.overdue += standing.overdueConfirmed;
      if (standing.open === 0) continue;
      open += standing.open;
      part.open += standing.open;
      addSeverity(part.severities, group.severity, standing.open);
      part.regions.add(group.region);
      const region = regionOf(regions, head.cloud, group.region);
      region.open += standing.open;
      addSeverity(region.severities, group.severity, standing.open);
    }
    openByScope.set(head.scopeId, open);
    for (const [service, flows] of sinceThen) {
      const part = account.service(service);
      part.new += flows.drift;
      part.fixed += flows.fixed;
      part.reopened += flows.reopened;
      totals.baseline += flows.baseline;
      totals.ruleset += flows.ruleset;
    }
  }

  const clouds = cloudsOf(accounts.values());
  const total = { ...noChecks(), ...noCounts(), severities: noSeverities() };
  for (const services of clouds.values()) {
    for (const service of Object.values(services)) addTo(total, service);
  }
  addSeverities(totals.severities, total.severities);
  Object.assign(totals, {
    open: total.open,
    new: total.new,
    fixed: total.fixed,
    reopened: total.reopened,
    risk_score: riskScore(totals.severities),
  });
  const date = iso(now).slice(0, 10);
  return {
    report_date: date,
    ...Object.fromEntries(
      [...clouds].filter(([cloud]) => isCloudKey(cloud)).sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
    total,
    sightline: {
      version: REPORT_VERSION,
      generated_at: iso(now),
      collector: options.version,
      sequence: sequenceOf(heads),
      previous:
        previous === null
          ? null
          : {
              report_date: previous.report.report_date,
              generated_at: previous.report.sightline.generated_at,
            },
      totals,
      accounts: [...accounts.values()]
        .map((account) => account.toReport(previous?.report ?? null))
        .sort((a, b) => riskScore(b.severities) - riskScore(a.severities)),
      regions: [...regions.values()].sort((a, b) => riskScore(b.severities) - riskScore(a.severities)),
      freshness: heads
        .map((head) =>
          freshnessOf(head, openByScope.get(head.scopeId) ?? 0, now, options.cadenceHours[head.source]),
        )
        .filter((entry) => entry !== null),
      trend: [
        ...(previous?.report.sightline.trend ?? []).filter((point) => point.date < date),
        {
          date,
          open: totals.open,
          severities: { ...totals.severities },
          new: totals.new,
          fixed: totals.fixed,
          overdue: totals.overdue_confirmed,
          checked_items: total.checked_items,
          flagged_items: total.flagged_items,
        },
      ].slice(-options.historyDays),
      findings: worstFindings(ordered, openByScope, options),
      findings_total: totals.open,
    },
  };
}

/** Grows with every commit of every scope: of two reports the one that knows more has the higher. */
export function sequenceOf(heads: readonly Head[]): number {
  return (
    heads.reduce((sum, head) => sum + head.generation * 1_000_000_000 + head.seq, 0) % Number.MAX_SAFE_INTEGER
  );
}

function order(head: Head, { sourceOrder }: AggregateOptions): number {
  const place = sourceOrder.indexOf(head.source);
  return place < 0 ? sourceOrder.length : place;
}

function emptyTotals(previous: Report | null): { -readonly [K in keyof ReportTotals]: ReportTotals[K] } & {
  severities: SeverityNumbers;
} {
  return {
    open: 0,
    new: 0,
    reopened: 0,
    fixed: 0,
    baseline: 0,
    ruleset: 0,
    overdue_confirmed: 0,
    overdue_unverified: 0,
    accepted: 0,
    false_positives: 0,
    muted: 0,
    severities: noSeverities(),
    previous_severities: previous?.sightline.totals.severities ?? null,
    risk_score: 0,
  };
}

function noCounts(): { open: number; new: number; fixed: number; reopened: number; overdue: number } {
  return { open: 0, new: 0, fixed: 0, reopened: 0, overdue: 0 };
}

type Sum = ReturnType<typeof noChecks> & ReturnType<typeof noCounts> & { severities: SeverityNumbers };

function addTo(to: Sum, more: Omit<Sum, 'severities'> & { severities: SeverityNumbers }): void {
  addChecks(to, more);
  to.open += more.open;
  to.new += more.new;
  to.fixed += more.fixed;
  to.reopened += more.reopened;
  to.overdue += more.overdue;
  addSeverities(to.severities, more.severities);
}

function cloudsOf(accounts: Iterable<AccountNumbers>): Map<string, ReportCloud> {
  const clouds = new Map<string, Map<string, Sum & { accounts: number; regions: Set<string> }>>();
  for (const account of accounts) {
    const services =
      clouds.get(account.cloud) ?? new Map<string, Sum & { accounts: number; regions: Set<string> }>();
    clouds.set(account.cloud, services);
    for (const [name, part] of account.services) {
      const service = services.get(name) ?? {
        ...noChecks(),
        ...noCounts(),
        severities: noSeverities(),
        accounts: 0,
        regions: new Set<string>(),
      };
      services.set(name, service);
      addTo(service, part.sums());
      service.accounts++;
      for (const region of part.regions) service.regions.add(region);
    }
  }
  return new Map(
    [...clouds].map(([cloud, services]) => [
      cloud,
      Object.fromEntries(
        [...services]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, service]) => [name, { ...service, regions: service.regions.size }]),
      ),
    ]),
  );
}

function regionOf(
  regions: Map<string, { -readonly [K in keyof ReportRegion]: ReportRegion[K] }>,
  cloud: string,
  region: string,
): { open: number; severities: SeverityNumbers } {
  const key = `${cloud}\n${region}`;
  const known = regions.get(key);
  if (known !== undefined) return known;
  const made = { cloud, region, open: 0, severities: noSeverities() };
  regions.set(key, made);
  return made;
}

/**
 * The worst findings of the estate. A head holds so many of its scope and no more, so the list ends where the first scope has
 * more that are as bad: it never shows a lesser finding of one account in place of a worse one of another.
 */
function worstFindings(
  heads: readonly Head[],
  openByScope: ReadonlyMap<string, number>,
  { now, findings: limit }: AggregateOptions,
): ReportFinding[] {
  const lists = heads.map((head) => ({ head, rows: rowsOf(head, now).sort(byWeight) }));
  const rows = lists.flatMap((list) => list.rows).sort(byWeight);
  const [end] = lists
    .filter((list) => list.rows.length < (openByScope.get(list.head.scopeId) ?? 0))
    .map((list) => list.rows.at(-1))
    .filter((row) => row !== undefined)
    .sort(byWeight);
  const complete = end === undefined ? rows : rows.filter((row) => byWeight(row, end) <= 0);
  return complete.slice(0, limit);
}

function rowsOf(head: Head, now: EpochMs): ReportFinding[] {
  const index = new CellIndex(head.cells);
  const open = head.summary.worst.filter(({ until }) => until === null || until <= now);
  return open.map((worst): ReportFinding => {
    const texts = Object.hasOwn(head.summary.rules, worst.rule) ? head.summary.rules[worst.rule] : undefined;
    return {
      fingerprint: worst.fingerprint,
      severity: worst.severity,
      score: worst.score,
      title: texts?.title ?? worst.rule,
      rule: worst.rule,
      source: head.source,
      cloud: head.cloud,
      account: head.account,
      account_name: head.accountName,
      team: worst.team,
      region: worst.region,
      service: worst.service,
      resource_type: worst.resourceType,
      resource: worst.resource,
      resource_name: worst.resourceName,
      first_seen: iso(worst.firstSeen),
      due_at: worst.dueAt === null ? null : iso(worst.dueAt),
      overdue: overdueAt(
        { scanner: 'open', closedCause: null, verdict: null, mute: null, dueAt: worst.dueAt },
        index.completeAt(worst.cell),
        now,
      ),
      remediation: texts?.remediation ?? null,
      references: [...(texts?.references ?? [])],
    };
  });
}

function byWeight(a: ReportFinding, b: ReportFinding): number {
  if (a.score !== b.score) return b.score - a.score;
  return a.first_seen < b.first_seen ? -1 : a.first_seen > b.first_seen ? 1 : 0;
}
