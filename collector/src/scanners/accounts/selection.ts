import { type Choice, isWanted } from '../choice.ts';
import type { Account } from '../job.ts';

/** Which of the accounts that were found, by their tags and what they are called; where they are is each cloud's own. */
export interface Selection {
  readonly tags?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly accounts?: readonly string[] | undefined;
}

/** Whether all of `include` and nothing of `exclude` holds. */
export function isSelected(
  { account, name, labels }: Account,
  include: Selection | undefined,
  exclude: Selection | undefined,
): boolean {
  return isWanted({ names: [account, name], tags: labels }, choiceOf(include), choiceOf(exclude));
}

function choiceOf({ accounts, tags }: Selection = {}): Choice {
  return { names: accounts, tags };
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
