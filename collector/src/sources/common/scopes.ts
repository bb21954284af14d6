import { fingerprint, type Identity } from '../../findings/fingerprint.ts';
import type {
  Cell,
  CheckStats,
  EpochMs,
  Fingerprint,
  Observation,
  RunMode,
  RunOutcome,
  ScopeReport,
} from '../../findings/model.ts';
import { NO_TAGS, NOTHING, type Rating } from './values.ts';

type Needed = 'cell' | 'class' | 'service' | 'resourceId' | 'ruleId' | 'title';
type Made = 'fingerprint' | 'formerFingerprints' | keyof Rating;

/** What an adapter says of a failing check; what it leaves out is empty. */
export interface Seen extends Pick<Observation, Needed>, Partial<Omit<Observation, Needed | Made>> {
  readonly rating: Rating;
  /** The resource as fingerprints name it, where that is not `resourceId` (a name that changes with each deployment). */
  readonly identity?: string;
  /** What the locator was by earlier rules of the adapter's identity: the finding keeps the history that it has under these. */
  readonly formerLocators?: readonly string[];
  /**
   * What separates this from others of the same identity, but changes too easily to be part of it (a line number). The first
   * in order keeps its fingerprint as it is, the others are numbered, so that a change elsewhere renames as little as can be.
   */
  readonly order?: string;
}

/** What a report says of a finding that it names whether or not it is over. */
export type FindingState = 'open' | 'passed' | 'suppressed' | 'closed';

/** What is the same for every scope of a report. */
export interface About {
  readonly source: string;
  readonly mode: RunMode;
  readonly rulesAreExhaustive: boolean;
}

interface Group {
  readonly seen: Seen;
  readonly orders: Map<string, { seen: Seen; occurrences: number }>;
}

/** Compares so that line 2 comes before line 10. */
const inOrder = new Intl.Collator('en', { numeric: true });

const MOST_NOTES = 200;

/** Gathers what a report says about one scope. */
export class ScopeBuilder {
  readonly #about: About;
  readonly cloud: string;
  readonly account: string;
  accountName: string | null = null;
  version: string | null = null;
  observedAt: EpochMs | null = null;
  outcome: RunOutcome = 'complete';
  suppressed = 0;
  passed = 0;
  readonly #notes = new Set<string>();
  readonly #coverage = new Map<Cell, Set<string>>();
  readonly #checks = new Map<
    string,
    { checked: number | null; flagged: number; resources: Set<string> | null }
  >();
  readonly #groups = new Map<Fingerprint, Group>();
  readonly #closed = new Set<Fingerprint>();

  constructor(about: About, cloud: string, account: string) {
    this.#about = about;
    this.cloud = cloud;
    this.account = account;
  }

  observe(seen: Seen): void {
    const base = this.#fingerprint(seen, seen.locator ?? '');
    let group = this.#groups.get(base);
    if (group === undefined) this.#groups.set(base, (group = { seen, orders: new Map() }));
    const order = seen.order ?? '';
    const known = group.orders.get(order);
    const { occurrences = 1 } = seen;
    if (known === undefined) group.orders.set(order, { seen, occurrences });
    else known.occurrences += occurrences;
    const stats = this.#statsOf(seen.service);
    stats.flagged++;
    stats.resources?.add(seen.resourceId);
    if (stats.checked !== null) stats.checked++;
  }

  /** A finding of a report that names every state, also that of what is over (mode `delta`). */
  take(seen: Seen, state: FindingState): void {
    switch (state) {
      case 'open':
        this.observe(seen);
        this.checkedUnknown(seen.service);
        return;
      case 'passed':
        this.pass(seen.service, seen.resourceId);
        break;
      case 'suppressed':
        this.suppressed++;
        break;
      case 'closed':
    }
    this.close(seen);
  }

  /** What the report names as closed (mode `delta`). */
  close(seen: Pick<Seen, 'region' | 'ruleId' | 'resourceId' | 'identity' | 'locator'>): void {
    this.#closed.add(this.#fingerprint(seen, seen.locator ?? ''));
  }

  /** A check that passed, in numbers only. */
  pass(service: string, resource: string | null, count = 1): void {
    this.passed += count;
    const stats = this.#statsOf(service);
    if (stats.checked !== null) stats.checked += count;
    if (resource !== null) stats.resources?.add(resource);
  }

  /** This report does not say how much of the service was checked. */
  checkedUnknown(service: string): void {
    this.#statsOf(service).checked = null;
  }

  resourcesUnknown(service: string): void {
    this.#statsOf(service).resources = null;
  }

  cover(cell: Cell, ...rules: readonly string[]): void {
    let known = this.#coverage.get(cell);
    if (known === undefined) this.#coverage.set(cell, (known = new Set()));
    for (const rule of rules) known.add(rule);
  }

  get coversAnything(): boolean {
    return this.#coverage.size > 0;
  }

  note(text: string): void {
    if (this.#notes.size < MOST_NOTES) this.#notes.add(text.slice(0, 300));
  }

  seenAt(at: EpochMs | null): void {
    if (at !== null && (this.observedAt === null || at > this.observedAt)) this.observedAt = at;
  }

  report(): ScopeReport {
    const distinct = new Map<Fingerprint, Observation>();
    for (const group of this.#groups.values()) {
      // A number that was appended may make it the same as another's locator; only a hostile report does that.
      for (const seen of this.#observations(group))
        if (!distinct.has(seen.fingerprint)) distinct.set(seen.fingerprint, seen);
    }
    const observations = [...distinct.values()];
    // A failing sighting outweighs one that says closed.
    for (const seen of distinct.keys()) this.#closed.delete(seen);
    return {
      source: this.#about.source,
      cloud: this.cloud,
      account: this.account,
      accountName: this.accountName,
      sourceVersion: this.version,
      observedAt: this.observedAt,
      mode: this.#about.mode,
      outcome: this.outcome,
      notes: [...this.#notes],
      coverage: new Map([...this.#coverage].map(([cell, rules]) => [cell, [...rules].sort()])),
      rulesAreExhaustive: this.#about.rulesAreExhaustive,
      checks: new Map([...this.#checks].map(([service, stats]) => [service, countsOf(stats)])),
      observations,
      closed: [...this.#closed],
      suppressed: this.suppressed,
      passed: this.passed,
    };
  }

  #statsOf(service: string) {
    let stats = this.#checks.get(service);
    if (stats === undefined) {
      stats = { checked: 0, flagged: 0, resources: new Set<string>() };
      this.#checks.set(service, stats);
    }
    return stats;
  }

  #fingerprint(
    seen: Pick<Seen, 'region' | 'ruleId' | 'resourceId' | 'identity'>,
    locator: string,
  ): Fingerprint {
    const identity: Identity = {
      source: this.#about.source,
      cloud: this.cloud,
      account: this.account,
      region: seen.region ?? 'global',
      rule: seen.ruleId,
      resource: seen.identity ?? seen.resourceId,
      locator,
    };
    return fingerprint(identity);
  }

  #observations(group: Group): Observation[] {
    if (group.orders.size === 1) {
      return [...group.orders.values()].map((one) => this.#observation(one, one.seen.locator ?? ''));
    }
    const sorted = [...group.orders].sort(([a], [b]) => inOrder.compare(a, b));
    return sorted.map(([, one], rank) => {
      const locator = one.seen.locator ?? '';
      return this.#observation(one, rank === 0 ? locator : `${locator}#${rank + 1}`);
    });
  }

  #observation(one: { seen: Seen; occurrences: number }, locator: string): Observation {
    const { seen, occurrences } = one;
    return {
      fingerprint: this.#fingerprint(seen, locator),
      ...(seen.formerLocators === undefined
        ? {}
        : { formerFingerprints: seen.formerLocators.map((former) => this.#fingerprint(seen, former)) }),
      cell: seen.cell,
      correlationKey: seen.correlationKey ?? null,
      sourceFindingId: seen.sourceFindingId ?? null,
      class: seen.class,
      region: seen.region ?? 'global',
      service: seen.service,
      resourceType: seen.resourceType ?? null,
      resourceId: seen.resourceId,
      resourceName: seen.resourceName ?? null,
      locator,
      ruleId: seen.ruleId,
      title: seen.title,
      description: seen.description ?? null,
      remediation: seen.remediation ?? null,
      references: seen.references ?? NOTHING,
      severity: seen.rating.severity,
      score: seen.rating.score,
      severityOriginal: seen.rating.severityOriginal,
      cve: seen.cve ?? NOTHING,
      cwe: seen.cwe ?? NOTHING,
      cvss: seen.cvss ?? null,
      package: seen.package ?? null,
      fixedVersion: seen.fixedVersion ?? null,
      frameworks: seen.frameworks ?? NOTHING,
      tags: seen.tags ?? NO_TAGS,
      occurrences,
    };
  }
}

function countsOf(stats: {
  checked: number | null;
  flagged: number;
  resources: Set<string> | null;
}): CheckStats {
  return { checked: stats.checked, flagged: stats.flagged, resources: stats.resources?.size ?? null };
}

/** The scopes of one report, each made when it is first named. */
export class Scopes {
  readonly #about: About;
  readonly #scopes = new Map<string, ScopeBuilder>();

  constructor(about: About) {
    this.#about = about;
  }

  of(cloud: string, account: string): ScopeBuilder {
    const key = JSON.stringify([cloud, account]);
    let scope = this.#scopes.get(key);
    if (scope === undefined) this.#scopes.set(key, (scope = new ScopeBuilder(this.#about, cloud, account)));
    return scope;
  }

  get all(): readonly ScopeBuilder[] {
    return [...this.#scopes.values()];
  }

  reports(): readonly ScopeReport[] {
    return this.all.map((scope) => scope.report());
  }
}
