import pLimit from 'p-limit';
import { UsageError } from '../errors.ts';
import type { VerdictInput } from '../findings/decisions.ts';
import type { Finding, VerdictKind } from '../findings/finding.ts';
import type { EpochMs, Fingerprint, Scope } from '../findings/model.ts';
import type { Settings } from '../findings/settings.ts';
import type { ScopeState } from '../findings/state.ts';
import type { CommitResult, Committer } from './committer.ts';
import type { AppliedConfig } from './config-store.ts';
import { decodeHead, type Head } from './head.ts';
import { randomNonce, scopeIdOf, sha256, verdictKey } from './keys.ts';
import { encodeVerdict } from './verdict-file.ts';

const AT_ONCE = 16;
/** Each has its state in memory; jobs of a collector that found something wait for all of them. */
const SCOPES_AT_ONCE = 4;

/** Every scope's head, by scope. */
export async function readHeads(committer: Committer): Promise<Head[]> {
  const limit = pLimit(AT_ONCE);
  const reading: Promise<Head | null>[] = [];
  for await (const { key } of committer.store.list('heads/')) {
    reading.push(
      limit(async () => {
        const stored = await committer.store.get(key);
        return stored === undefined ? null : decodeHead(stored.body, key);
      }),
    );
  }
  const heads = await Promise.all(reading);
  return heads.filter((head) => head !== null).sort((a, b) => (a.scope < b.scope ? -1 : 1));
}

/** Head and state of each scope, one at a time: an estate does not fit into memory, a scope does. */
export async function* readScopes(
  committer: Committer,
  wanted: (head: Head) => boolean = () => true,
): AsyncGenerator<{ readonly head: Head; readonly state: ScopeState }> {
  for (const head of await readHeads(committer)) {
    if (wanted(head)) yield { head, state: await committer.stateFor(head) };
  }
}

export interface Applied {
  readonly config: AppliedConfig;
  /** Whether it is another configuration than before. */
  readonly changed: boolean;
  /** The scopes whose rows changed, with the number of events. */
  readonly scopes: readonly { readonly scope: Scope; readonly events: number }[];
}

/** Puts what a file says into force; what was found stays. Safe to repeat after a crash. */
export async function applyConfig(
  committer: Committer,
  settings: Omit<Settings, 'discovered'>,
  by: string,
  at: EpochMs,
): Promise<Applied> {
  const { config, changed } = await committer.configs.apply(
    ({ discovered }) => ({ ...settings, discovered }),
    by,
    at,
  );
  return { config, changed, scopes: await commitConfig(committer, config) };
}

/**
 * Commits a configuration to each scope that is not under it, also where it changes no row: from then on no writer can
 * commit there under an older one. Safe to repeat after a crash.
 */
export async function commitConfig(
  committer: Committer,
  { digest, appliedAt }: AppliedConfig,
): Promise<Applied['scopes']> {
  if (digest === null) return [];
  const behind = (await readHeads(committer)).filter((head) => head.config !== digest);
  const limit = pLimit(SCOPES_AT_ONCE);
  const scopes = await limit.map(behind, async (head): Promise<Applied['scopes'][number]> => {
    const { advance } = await committer.commit(head, {
      input: { kind: 'config', id: digest, at: appliedAt, digest },
    });
    return { scope: head.scope, events: advance?.events.length ?? 0 };
  });
  return scopes.filter(({ events }) => events > 0);
}

export interface Decision {
  /** null takes earlier decisions back. */
  readonly verdict: VerdictKind | null;
  /** Required for an acceptance: always until a date. */
  readonly until: EpochMs | null;
  readonly by: string;
  readonly reason: string;
  readonly at: EpochMs;
}

/** Commits a decision on findings of one scope. @throws UsageError for a decision that is none, or an unknown finding */
export async function decide(
  committer: Committer,
  head: Head,
  fingerprints: readonly Fingerprint[],
  decision: Decision,
): Promise<CommitResult> {
  assertDecision(decision);
  const { findings } = await committer.stateFor(head);
  const unknown = fingerprints.find((fingerprint) => !findings.has(fingerprint));
  if (unknown !== undefined) {
    throw new UsageError(
      `${head.scope} has no finding ${unknown}`,
      '`sightline findings` lists them with their fingerprints.',
      'not_found',
    );
  }
  const id = sha256(`verdict|${head.scope}|${decision.at}|${randomNonce()}`).slice(0, 32);
  const verdict: VerdictInput = { id, fingerprints: [...fingerprints].sort(), ...decision };
  const key = verdictKey(head.scopeId, id);
  return committer.commit(head, { input: { kind: 'verdict', id, at: decision.at, key }, verdict }, () =>
    committer.store.put(key, encodeVerdict(verdict), {
      contentType: 'application/json',
    }),
  );
}

function assertDecision({ verdict, until, by, reason, at }: Decision): void {
  if (by.trim() === '' || reason.trim() === '') {
    throw new UsageError('a verdict says who decided and why', 'Give --by and --reason.');
  }
  if (verdict === 'accepted' && (until === null || until <= at)) {
    throw new UsageError('an acceptance lasts until a date in the future', 'Give --until YYYY-MM-DD.');
  }
}

/** Closes a vanished scope as retired. @throws UsageError when it is not known */
export async function retireScope(
  committer: Committer,
  scope: Scope,
  by: string,
  reason: string,
  at: EpochMs,
): Promise<CommitResult> {
  const head = await committer.readHead(scopeIdOf(scope));
  if (head === null) {
    throw new UsageError(
      `there is no scope ${scope}`,
      '`sightline scope list` names those there are.',
      'not_found',
    );
  }
  const id = sha256(`retire|${scope}|${at}|${randomNonce()}`).slice(0, 32);
  return committer.commit(head, { input: { kind: 'retire', id, at, by, reason } });
}

/** Scopes and findings whose fingerprint begins with `prefix`. */
export async function findByFingerprint(
  committer: Committer,
  prefix: string,
): Promise<{ readonly head: Head; readonly finding: Finding }[]> {
  const found: { head: Head; finding: Finding }[] = [];
  for await (const { head, state } of readScopes(committer)) {
    for (const finding of state.findings.values()) {
      if (finding.fingerprint.startsWith(prefix)) found.push({ head, finding });
    }
  }
  return found;
}
