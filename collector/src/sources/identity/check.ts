import type { EpochMs } from '../../findings/model.ts';
import type { ScopeBuilder } from '../common/scopes.ts';
import { rated } from '../common/values.ts';

/** What is expected of users. */
export interface IdentityPolicy {
  /** Mail domains of one's own, and their subdomains; empty: nobody is external. */
  readonly allowedDomains: readonly string[];
  /** Days without a sign-in or use of a key after which a user counts as inactive. */
  readonly inactiveDays: number;
  /** Days after which an access key is old. */
  readonly keyDays: number;
}

export const DEFAULT_IDENTITY: IdentityPolicy = { allowedDomains: [], inactiveDays: 90, keyDays: 90 };

/** A user, as far as a list of users says; null where it does not say. */
export interface User {
  readonly id: string;
  readonly name: string;
  /** '' where it is none. */
  readonly mail: string;
  readonly enabled: boolean;
  /** A machine's user has no second factor, and needs none where it has no password either. */
  readonly hasPassword: boolean | null;
  readonly mfa: boolean | null;
  readonly created: EpochMs | null;
  readonly lastUsed: EpochMs | null;
  /** Whether the list says when users were last seen: of one that does, nothing means never. */
  readonly knowsUse: boolean;
  readonly keys: readonly {
    readonly name: string;
    readonly active: boolean;
    readonly created: EpochMs | null;
  }[];
  /** The account's own, which can do everything. */
  readonly root: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

export const IDENTITY_RULES = [
  'external-user',
  'inactive-user',
  'user-without-mfa',
  'old-access-key',
] as const;
type IdentityRule = (typeof IDENTITY_RULES)[number];

const DAY = 86_400_000;
const TITLES: Record<IdentityRule, string> = {
  'external-user': 'A user of a foreign domain',
  'inactive-user': 'A user that nobody uses',
  'user-without-mfa': 'A user signs in without a second factor',
  'old-access-key': 'An access key is old',
};
const REMEDIES: Record<IdentityRule, string> = {
  'external-user': 'Remove the user, or add the domain to the allowed ones.',
  'inactive-user': 'Disable or remove the user.',
  'user-without-mfa': 'Have the user register a second factor, and require it.',
  'old-access-key': 'Replace the key, or remove it where a role will do.',
};

/**
 * Checks a user against all rules. What a list does not say is neither failed nor passed.
 * @param at when the list was made: ages count up to then
 */
export function checkUser(scope: ScopeBuilder, user: User, policy: IdentityPolicy, at: EpochMs): void {
  const fail = (rule: IdentityRule, why: string, locator = ''): void => {
    scope.observe({
      cell: 'identity',
      class: 'iam',
      service: 'iam',
      resourceType: 'user',
      resourceId: user.id,
      resourceName: user.name,
      locator,
      ruleId: rule,
      title: TITLES[rule],
      description: why,
      remediation: REMEDIES[rule],
      tags: user.tags,
      rating: rated(severityOf(rule, user), null),
    });
  };
  const judge = (rule: IdentityRule, why: string | null, locator = ''): void => {
    if (why === null) scope.pass('iam', user.id);
    else fail(rule, why, locator);
  };
  if (!user.enabled) return;
  if (user.mail !== '' && policy.allowedDomains.length > 0) {
    judge(
      'external-user',
      isAllowed(user.mail, policy) ? null : `${user.mail} is of none of the allowed domains.`,
    );
  }
  if (user.mfa !== null && user.hasPassword !== false) {
    judge('user-without-mfa', user.mfa ? null : `${user.name} has no second factor.`);
  }
  const since = user.lastUsed ?? user.created;
  if (user.knowsUse && since !== null && !user.root) {
    const days = Math.floor((at - since) / DAY);
    const last = user.lastUsed === null ? 'never, and was made' : 'last';
    judge(
      'inactive-user',
      days > policy.inactiveDays
        ? `${user.name} was used ${last} more than ${policy.inactiveDays} days ago.`
        : null,
    );
  }
  for (const key of user.keys) {
    if (!key.active || key.created === null) continue;
    const days = Math.floor((at - key.created) / DAY);
    judge(
      'old-access-key',
      days > policy.keyDays ? `${key.name} of ${user.name} is older than ${policy.keyDays} days.` : null,
      key.name,
    );
  }
}

function severityOf(rule: IdentityRule, user: User) {
  if (user.root) return 'CRITICAL';
  return rule === 'user-without-mfa' || rule === 'external-user' ? 'HIGH' : 'MEDIUM';
}

function isAllowed(mail: string, { allowedDomains }: IdentityPolicy): boolean {
  const domain = mail.slice(mail.lastIndexOf('@') + 1).toLowerCase();
  return allowedDomains.some(
    (allowed) => domain === allowed.toLowerCase() || domain.endsWith(`.${allowed.toLowerCase()}`),
  );
}
