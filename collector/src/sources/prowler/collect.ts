import { fingerprint } from '../../findings/fingerprint.ts';
import type {
  Cell,
  CheckStats,
  EpochMs,
  FindingClass,
  Fingerprint,
  Observation,
  ScopeReport,
} from '../../findings/model.ts';
import { isRedacted, locatorOf } from './identity.ts';
import type { Row, RuleTexts } from './row.ts';
import { linksOf, ratingOf } from './values.ts';

/** What all findings of a check share, by reference. */
interface Rule {
  readonly title: string;
  readonly about: string | null;
  readonly remediation: string | null;
  readonly references: readonly string[];
  readonly frameworks: readonly string[];
  readonly class: FindingClass;
}

interface CellSeen {
  readonly cell: Cell;
  readonly rules: Set<string>;
}

interface ServiceSeen {
  checked: number;
  flagged: number;
  readonly resources: Set<string>;
  /** Some row names no resource (Prowler 2): then their number is not known. */
  unnamed: boolean;
  readonly cells: Map<string, CellSeen>;
}

type Counted = { -readonly [K in keyof Observation]: Observation[K] };

const NOTHING: readonly string[] = [];

interface ScopeSeen {
  readonly cloud: string;
  readonly account: string;
  accountName: string;
  version: string;
  passed: number;
  suppressed: number;
  readonly services: Map<string, ServiceSeen>;
  readonly observations: Map<Fingerprint, Counted>;
  /** How many findings of redacted resources had this identity. */
  readonly redacted: Map<Fingerprint, number>;
}

/** Turns rows into one report per account. Keeps no row: a reader may use the same object for the next one. */
export class Collector {
  /** By cloud and check: check ids of two providers may be the same word. */
  readonly #rules = new Map<string, Map<string, Rule>>();
  readonly #scopes = new Map<string, Map<string, ScopeSeen>>();
  #seenAt: EpochMs | null = null;

  /** @param texts called for the first failing row of a check only. */
  add(row: Row, texts: () => RuleTexts): void {
    if (row.seenAt !== null && (this.#seenAt === null || row.seenAt > this.#seenAt))
      this.#seenAt = row.seenAt;
    const scope = this.#scopeOf(row);
    const service = serviceOf(scope, row.service);
    const cell = cellOf(service, row);
    cell.rules.add(row.checkId);
    const resource = row.resourceUid === '' ? row.resourceName : row.resourceUid;
    if (row.status === 'muted' || row.status === 'manual') {
      scope.suppressed++;
      return;
    }
    service.checked++;
    if (resource === '') service.unnamed = true;
    else service.resources.add(resource);
    if (row.status === 'pass') {
      scope.passed++;
      return;
    }
    service.flagged++;
    this.#observe(scope, row, cell.cell, resource === '' ? scope.account : resource, texts);
  }

  /** A file of rows that name no account (`[]`) gives no report: nothing is known, so nothing is closed. */
  reports(): readonly ScopeReport[] {
    return [...this.#scopes.values()].flatMap((accounts) =>
      [...accounts.values()].map((scope) => reportOf(scope, this.#seenAt)),
    );
  }

  #scopeOf(row: Row): ScopeSeen {
    const account = accountOf(row.cloud, row.account);
    let accounts = this.#scopes.get(row.cloud);
    if (accounts === undefined) this.#scopes.set(row.cloud, (accounts = new Map<string, ScopeSeen>()));
    let scope = accounts.get(account);
    if (scope === undefined) {
      scope = {
        cloud: row.cloud,
        account,
        accountName: '',
        version: '',
        passed: 0,
        suppressed: 0,
        services: new Map(),
        observations: new Map(),
        redacted: new Map(),
      };
      accounts.set(account, scope);
    }
    if (scope.accountName === '') scope.accountName = row.accountName;
    if (scope.version === '') scope.version = row.version;
    return scope;
  }

  #observe(scope: ScopeSeen, row: Row, cell: Cell, resourceId: string, texts: () => RuleTexts): void {
    const rule = this.#ruleOf(row, texts);
    let locator = locatorOf(row);
    let id = identityOf(scope, row, resourceId, locator);
    if (isRedacted(resourceId)) {
      const nth = (scope.redacted.get(id) ?? 0) + 1;
      scope.redacted.set(id, nth);
      if (nth > 1) {
        locator = `redacted ${nth}`;
        id = identityOf(scope, row, resourceId, locator);
      }
    }
    const known = scope.observations.get(id);
    if (known !== undefined) {
      known.occurrences++;
      return;
    }
    const rating = ratingOf(row.severity, row.severityScore);
    scope.observations.set(id, {
      fingerprint: id,
      cell,
      correlationKey: null,
      sourceFindingId: orNull(row.findingUid),
      class: rule.class,
      region: row.region,
      service: row.service,
      resourceType: orNull(row.resourceType),
      resourceId,
      resourceName: orNull(row.resourceName),
      locator,
      ruleId: row.checkId,
      title: rule.title,
      description: row.detail === '' ? rule.about : row.detail,
      remediation: rule.remediation,
      references: rule.references,
      severity: rating.severity,
      score: rating.score,
      severityOriginal: rating.severityOriginal,
      cve: NOTHING,
      cwe: NOTHING,
      cvss: null,
      package: null,
      fixedVersion: null,
      frameworks: rule.frameworks,
      tags: row.tags,
      occurrences: 1,
    });
  }

  #ruleOf(row: Row, texts: () => RuleTexts): Rule {
    let rules = this.#rules.get(row.cloud);
    if (rules === undefined) this.#rules.set(row.cloud, (rules = new Map<string, Rule>()));
    const known = rules.get(row.checkId);
    if (known !== undefined) return known;
    const text = texts();
    const rule: Rule = {
      title: text.title === '' ? row.checkId : text.title,
      about: orNull(text.about),
      remediation: orNull(text.remediation),
      references: linksOf(text.references),
      frameworks: [...new Set(text.frameworks)].sort(),
      class: classOf(row.service, text.categories),
    };
    rules.set(row.checkId, rule);
    return rule;
  }
}

function identityOf(scope: ScopeSeen, row: Row, resource: string, locator: string): Fingerprint {
  const { cloud, account } = scope;
  return fingerprint({
    source: 'prowler',
    cloud,
    account,
    region: row.region,
    rule: row.checkId,
    resource,
    locator,
  });
}

function orNull(text: string): string | null {
  return text === '' ? null : text;
}

function classOf(service: string, categories: readonly string[]): FindingClass {
  if (service === 'iam') return 'iam';
  if (categories.includes('internet-exposed')) return 'exposure';
  if (categories.includes('secrets')) return 'secret';
  return 'compliance';
}

/** Prowler 3 wrote AWS accounts into CSV as numbers, without their leading zeros. */
function accountOf(cloud: string, account: string): string {
  return cloud === 'aws' && account.length < 12 && /^\d+$/.test(account)
    ? account.padStart(12, '0')
    : account;
}

function serviceOf(scope: ScopeSeen, name: string): ServiceSeen {
  let service = scope.services.get(name);
  if (service === undefined) {
    service = { checked: 0, flagged: 0, resources: new Set(), unnamed: false, cells: new Map() };
    scope.services.set(name, service);
  }
  return service;
}

function cellOf(service: ServiceSeen, row: Row): CellSeen {
  let cell = service.cells.get(row.region);
  if (cell === undefined) {
    cell = { cell: `${row.service}@${row.region}`, rules: new Set() };
    service.cells.set(row.region, cell);
  }
  return cell;
}

function statsOf(service: ServiceSeen): CheckStats {
  return {
    checked: service.checked,
    flagged: service.flagged,
    resources: service.unnamed ? null : service.resources.size,
  };
}

function reportOf(scope: ScopeSeen, observedAt: EpochMs | null): ScopeReport {
  const services = [...scope.services];
  const cells = services.flatMap(([, service]) => [...service.cells.values()]);
  return {
    source: 'prowler',
    cloud: scope.cloud,
    account: scope.account,
    accountName: orNull(scope.accountName),
    sourceVersion: orNull(scope.version),
    observedAt,
    mode: 'snapshot',
    outcome: 'complete',
    notes: [],
    coverage: new Map(cells.map(({ cell, rules }) => [cell, [...rules].sort()])),
    rulesAreExhaustive: false,
    checks: new Map(services.map(([name, service]) => [name, statsOf(service)])),
    observations: [...scope.observations.values()],
    closed: [],
    suppressed: scope.suppressed,
    passed: scope.passed,
  };
}
