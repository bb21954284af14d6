import type { EpochMs } from '../findings/model.ts';
import type { Head } from '../lake/head.ts';
import { iso } from './freshness.ts';
import {
  addSeverities,
  type CheckNumbers,
  checkNumbers,
  noChecks,
  noSeverities,
  type SeverityNumbers,
} from './numbers.ts';
import type { Report, ReportAccount, ReportRawReport } from './schema.ts';

/** One service of one account while the report is put together. */
export class AccountPart {
  open = 0;
  new = 0;
  fixed = 0;
  reopened = 0;
  overdue = 0;
  readonly severities: SeverityNumbers = noSeverities();
  readonly regions = new Set<string>();
  readonly sources = new Map<string, CheckNumbers>();

  /** Everything of it that adds up over accounts. */
  sums(): CheckNumbers & {
    open: number;
    new: number;
    fixed: number;
    reopened: number;
    overdue: number;
    severities: SeverityNumbers;
  } {
    const { open, fixed, reopened, overdue, severities } = this;
    return { ...this.checks(), open, new: this.new, fixed, reopened, overdue, severities };
  }

  /** The first source that says anything: heads come in order of preference. */
  checks(): CheckNumbers {
    for (const numbers of this.sources.values()) return numbers;
    return noChecks();
  }
}

/** One account while the report is put together: several sources may look at it. */
export class AccountNumbers {
  readonly cloud: string;
  readonly account: string;
  readonly services = new Map<string, AccountPart>();
  readonly #rawReports: ReportRawReport[] = [];
  #name: string | null = null;
  #team: string | null = null;
  #environment: string | null = null;

  constructor(cloud: string, account: string) {
    this.cloud = cloud;
    this.account = account;
  }

  service(name: string): AccountPart {
    const known = this.services.get(name);
    if (known !== undefined) return known;
    const made = new AccountPart();
    this.services.set(name, made);
    return made;
  }

  addHead(
    head: Head,
    {
      pages,
    }: { readonly pages: ReadonlyMap<string, { readonly href: string; readonly observedAt: EpochMs }> },
  ): void {
    this.#name ??= head.accountName;
    this.#team ??= head.team;
    this.#environment ??= head.environment;
    if (head.retired) return;
    for (const [service, stats] of Object.entries(head.checks)) {
      this.service(service).sources.set(head.source, checkNumbers(stats));
    }
    if (head.lastRun === null) return;
    const page = pages.get(head.scopeId);
    if (page !== undefined) {
      this.#rawReports.push({
        source: head.source,
        observed_at: iso(page.observedAt),
        href: page.href,
        kind: 'html',
        bytes: null,
      });
    }
    this.#rawReports.push({
      source: head.source,
      observed_at: iso(head.lastRun.observedAt),
      href: head.lastRun.raw.key,
      kind: 'raw',
      bytes: head.lastRun.raw.bytes,
    });
  }

  toReport(previous: Report | null): ReportAccount {
    const severities = noSeverities();
    const sums = { open: 0, new: 0, fixed: 0, reopened: 0, overdue: 0 };
    const services = [...this.services].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [, part] of services) {
      sums.open += part.open;
      sums.new += part.new;
      sums.fixed += part.fixed;
      sums.reopened += part.reopened;
      sums.overdue += part.overdue;
      addSeverities(severities, part.severities);
    }
    const before = previous?.sightline.accounts.find(
      (account) => account.cloud === this.cloud && account.account === this.account,
    );
    return {
      cloud: this.cloud,
      account: this.account,
      name: this.#name,
      team: this.#team,
      environment: this.#environment,
      ...sums,
      severities,
      previous_open: before?.open ?? null,
      services: services.map(([service, part]) => ({
        service,
        ...part.checks(),
        open: part.open,
        new: part.new,
        fixed: part.fixed,
        overdue: part.overdue,
        severities: part.severities,
        sources: Object.fromEntries(part.sources),
      })),
      raw_reports: this.#rawReports,
    };
  }
}

export function accountOf(accounts: Map<string, AccountNumbers>, { cloud, account }: Head): AccountNumbers {
  const key = `${cloud}/${account}`;
  const known = accounts.get(key);
  if (known !== undefined) return known;
  const made = new AccountNumbers(cloud, account);
  accounts.set(key, made);
  return made;
}
