import type { EpochMs } from './model.ts';
import type { Severity } from './severity.ts';

/**
 * Which findings a rule of the configuration is about. All given fields must match; within a field any of the patterns.
 * `*` stands for any text, `?` for one character; case is ignored.
 */
export interface Match {
  readonly source?: readonly string[] | undefined;
  readonly cloud?: readonly string[] | undefined;
  readonly account?: readonly string[] | undefined;
  readonly region?: readonly string[] | undefined;
  readonly service?: readonly string[] | undefined;
  readonly rule?: readonly string[] | undefined;
  /** Matches the id or the name of the resource. */
  readonly resource?: readonly string[] | undefined;
  readonly label?: Readonly<Record<string, readonly string[]>> | undefined;
}

export type SlaDays = Partial<Readonly<Record<Severity, number>>>;

export interface AccountSetting {
  readonly cloud?: string | undefined;
  readonly account: string;
  readonly name?: string | undefined;
  /** Ids of the sources that are expected to report on it; undefined: those that did. */
  readonly sources?: readonly string[] | undefined;
  readonly team?: string | undefined;
  readonly environment?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** What a discovery found out about an account, as far as findings carry it. */
export interface DiscoveredAccount {
  /** Name of the discovery. */
  readonly discovery: string;
  readonly cloud: string;
  readonly account: string;
  readonly name?: string | undefined;
  readonly team?: string | undefined;
  readonly environment?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

export interface OwnershipRule {
  readonly match: Match;
  /**
   * How resources are named: a regular expression whose groups `team` and `environment` say just that; other groups are labels.
   * A name that it does not match is no matter of the rule.
   */
  readonly naming?: string | undefined;
  readonly team?: string | undefined;
  readonly environment?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

export interface MuteRule {
  readonly id: string;
  readonly owner: string;
  readonly reason: string;
  /** The mute ends at this moment. */
  readonly expires: EpochMs;
  readonly match: Match;
}

export interface SeverityRule {
  readonly match: Match;
  readonly severity: Severity;
}

/** The part of the configuration that decides what a finding is. Applying it is an input like a run. */
export interface Settings {
  readonly sla: {
    readonly days: SlaDays;
    /** By team; severities that are not named here keep the common days. */
    readonly teams: Readonly<Record<string, SlaDays>>;
  };
  readonly accounts: readonly AccountSetting[];
  /** Sorted by discovery, cloud and account, and without times: the same lists are the same settings. No file holds it. */
  readonly discovered: readonly DiscoveredAccount[];
  /** Later rules win over earlier ones, rules over accounts. */
  readonly ownership: readonly OwnershipRule[];
  /** Of the rules that match, the one that lasts longest decides. */
  readonly mutes: readonly MuteRule[];
  /** The last rule that matches decides. */
  readonly severity: readonly SeverityRule[];
  /** A snapshot with a smaller share of the last complete run's rules is partial, unless its caller says otherwise. */
  readonly minimumRules: number;
  /** Days after its last sighting for which a finding of a stream (an event, not a state) stays open. */
  readonly quietDays: number;
}

export const DEFAULT_SETTINGS: Settings = {
  sla: { days: { CRITICAL: 7, HIGH: 30, MEDIUM: 90 }, teams: {} },
  accounts: [],
  discovered: [],
  ownership: [],
  mutes: [],
  severity: [],
  minimumRules: 0.8,
  quietDays: 14,
};

/** What findings of an account carry of it. */
export type AccountFacts = Pick<AccountSetting, 'name' | 'team' | 'environment' | 'labels'>;

/** What `accounts` says of an account, completed by what was found. */
export function accountOf(settings: Settings, cloud: string, account: string): AccountFacts {
  const own = settings.accounts.find(
    (one) => one.account === account && (one.cloud === undefined || one.cloud === cloud),
  );
  return completed(own ?? {}, settings.discovered, cloud, account);
}

/**
 * What is said wins over what was found, field by field, labels one by one; of two discoveries the first in the alphabet.
 * @param cloud undefined: of whatever cloud
 */
export function completed(
  own: AccountFacts,
  discovered: Settings['discovered'],
  cloud: string | undefined,
  account: string,
): AccountFacts {
  const found = (byAccount(discovered).get(account) ?? []).filter(
    (one) => cloud === undefined || one.cloud === cloud,
  );
  if (found.length === 0) return own;
  const known: readonly AccountFacts[] = [own, ...found];
  const labels = known.flatMap((one) => Object.entries(one.labels ?? {})).reverse();
  return {
    name: known.find(({ name }) => name !== undefined)?.name,
    team: known.find(({ team }) => team !== undefined)?.team,
    environment: known.find(({ environment }) => environment !== undefined)?.environment,
    // The last entry of a name wins: that is the first that was known.
    labels: labels.length === 0 ? undefined : Object.fromEntries(labels),
  };
}

type ByAccount = ReadonlyMap<string, readonly DiscoveredAccount[]>;

/** Every commit asks for one account; an organization has thousands. */
const indexes = new WeakMap<Settings['discovered'], ByAccount>();

function byAccount(discovered: Settings['discovered']): ByAccount {
  const known = indexes.get(discovered);
  if (known !== undefined) return known;
  const made = Map.groupBy(discovered, ({ account }) => account);
  indexes.set(discovered, made);
  return made;
}

/** What a rule is matched against. */
export interface Subject {
  readonly source: string;
  readonly cloud: string;
  readonly account: string;
  readonly region: string;
  readonly service: string;
  readonly ruleId: string;
  readonly resourceId: string;
  readonly resourceName: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

export function matches(match: Match, subject: Subject): boolean {
  return (
    anyGlob(match.source, subject.source) &&
    anyGlob(match.cloud, subject.cloud) &&
    anyGlob(match.account, subject.account) &&
    anyGlob(match.region, subject.region) &&
    anyGlob(match.service, subject.service) &&
    anyGlob(match.rule, subject.ruleId) &&
    (anyGlob(match.resource, subject.resourceId) ||
      (subject.resourceName !== null && anyGlob(match.resource, subject.resourceName))) &&
    labelsMatch(match.label, subject.labels)
  );
}

function labelsMatch(wanted: Match['label'], labels: Readonly<Record<string, string>>): boolean {
  if (wanted === undefined) return true;
  return Object.entries(wanted).every(([key, patterns]) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    return value !== undefined && anyGlob(patterns, value);
  });
}

function anyGlob(patterns: readonly string[] | undefined, text: string): boolean {
  if (patterns === undefined) return true;
  return patterns.some((pattern) => globMatches(pattern, text));
}

/**
 * Two pointers instead of a regular expression: a pattern with many stars against a hostile resource name stays
 * proportional to pattern × text.
 */
export function globMatches(pattern: string, text: string): boolean {
  const p = pattern.toLowerCase();
  const t = text.toLowerCase();
  let pi = 0;
  let ti = 0;
  let star = -1;
  let resume = 0;
  while (ti < t.length) {
    if (pi < p.length && p[pi] === '*') {
      star = pi++;
      resume = ti;
    } else if (pi < p.length && (p[pi] === '?' || p[pi] === t[ti])) {
      pi++;
      ti++;
    } else if (star >= 0) {
      pi = star + 1;
      ti = ++resume;
    } else {
      return false;
    }
  }
  while (pi < p.length && p[pi] === '*') pi++;
  return pi === p.length;
}
