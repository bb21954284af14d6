import { type Digest, moodOf, sum } from './digest.ts';
import { slackMessage } from './slack.ts';
import { teamsMessage } from './teams.ts';
import { webhookMessage } from './webhook.ts';

export type { Digest } from './digest.ts';

export type ChatKind = 'slack' | 'teams' | 'webhook';

export interface Channel {
  readonly name: string;
  readonly kind: ChatKind;
  readonly when: 'always' | 'changes' | 'problems';
  /** Patterns of names of jobs; undefined: all. */
  readonly jobs?: readonly string[] | undefined;
  readonly link?: string | undefined;
  /** Reads the address of the webhook, which is a secret. */
  readonly url: () => Promise<string>;
}

const MESSAGES: Readonly<Record<ChatKind, (digest: Digest, link: string | null) => unknown>> = {
  slack: slackMessage,
  teams: teamsMessage,
  webhook: webhookMessage,
};

export function messageFor(kind: ChatKind, digest: Digest, link: string | null): unknown {
  return MESSAGES[kind](digest, link);
}

export function isWorthSaying(digest: Digest, when: Channel['when']): boolean {
  if (when === 'always' || moodOf(digest) !== 'green') return true;
  return when === 'changes' && sum(digest.fixed) > 0;
}
