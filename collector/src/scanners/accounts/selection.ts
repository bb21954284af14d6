import { globMatches } from '../../findings/settings.ts';
import type { Account } from '../job.ts';

/** Which of the accounts that were found, by their tags and what they are called; where they are is each cloud's own. */
export interface Selection {
  readonly tags?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly accounts?: readonly string[] | undefined;
}

/** Whether all of `include` and nothing of `exclude` holds. */
export function isSelected(
  account: Account,
  include: Selection | undefined,
  exclude: Selection | undefined,
): boolean {
  return holdsAll(account, include) && !holdsAny(account, exclude);
}

function holdsAll(account: Account, selection: Selection | undefined): boolean {
  const { tags, accounts } = selection ?? {};
  const named = accounts === undefined || isNamed(account, accounts);
  return named && Object.entries(tags ?? {}).every(([tag, patterns]) => hasTag(account, tag, patterns));
}

function holdsAny(account: Account, selection: Selection | undefined): boolean {
  const { tags, accounts } = selection ?? {};
  if (accounts !== undefined && isNamed(account, accounts)) return true;
  return Object.entries(tags ?? {}).some(([tag, patterns]) => hasTag(account, tag, patterns));
}

function isNamed({ account, name }: Account, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => globMatches(pattern, account) || globMatches(pattern, name ?? ''));
}

function hasTag({ labels }: Account, tag: string, patterns: readonly string[]): boolean {
  const value = Object.hasOwn(labels, tag) ? labels[tag] : undefined;
  return value !== undefined && patterns.some((pattern) => globMatches(pattern, value));
}

/** What a cloud says of an account, as an account. */
export function foundAccount(
  found: Pick<Account, 'cloud' | 'account' | 'name' | 'labels'>,
  { teamTag, environmentTag }: { readonly teamTag: string; readonly environmentTag: string },
  origin: string,
): Account {
  const { labels } = found;
  return {
    ...found,
    team: (Object.hasOwn(labels, teamTag) ? labels[teamTag] : undefined) ?? null,
    environment: (Object.hasOwn(labels, environmentTag) ? labels[environmentTag] : undefined) ?? null,
    enabled: true,
    credentials: null,
    origin,
  };
}
