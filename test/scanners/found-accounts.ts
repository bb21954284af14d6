import { pino } from 'pino';
import { observation, run, T0 } from '../../collector/src/findings/testing/builders.ts';
import type { Change, ScopeName } from '../../collector/src/lake/advance.ts';
import { Committer } from '../../collector/src/lake/committer.ts';
import type { ReadInput } from '../../collector/src/lake/rebuild.ts';
import { type Found, keyOf } from '../../collector/src/scanners/accounts/found.ts';
import { putIntoForce } from '../../collector/src/scanners/accounts/in-force.ts';
import type { Account } from '../../collector/src/scanners/job.ts';
import {
  type ObjectStore,
  PreconditionFailedError,
  UnknownOutcomeError,
} from '../../collector/src/store/object-store.ts';

/** An organization of a few accounts with a finding each, and what collectors do with its list. */

export const LIST = 'organization';
export const NOW = T0 + 30 * 86_400_000;
const log = pino({ level: 'silent' });

export function account(id: string, parts: Partial<Account> = {}): Account {
  return {
    ...{ cloud: 'aws', account: id, name: null, team: null, environment: null, labels: {} },
    ...{ enabled: true, credentials: null, origin: LIST },
    ...parts,
  };
}

export const nameOf = (id: string): ScopeName => ({
  ...{ scope: `prowler/aws/${id}`, source: 'prowler', cloud: 'aws', account: id },
});

export function committer(store: ObjectStore): Committer {
  return new Committer({ store, now: () => NOW });
}

export async function putList(
  store: ObjectStore,
  accounts: readonly Account[],
  more: Partial<Found> = {},
): Promise<void> {
  const found: Found = { at: NOW, accounts, problem: null, labels: [], ...more };
  await store.put(keyOf(LIST), Buffer.from(JSON.stringify(found)));
}

/** The same, as a step that the explorer can order. */
export async function replaceList(store: ObjectStore, accounts: readonly Account[]): Promise<void> {
  const found: Found = { at: NOW, accounts, problem: null, labels: [] };
  for (;;) {
    const etag = (await store.get(keyOf(LIST)))?.etag ?? null;
    try {
      await store.replace(keyOf(LIST), Buffer.from(JSON.stringify(found)), etag);
      return;
    } catch (error) {
      if (!(error instanceof PreconditionFailedError || error instanceof UnknownOutcomeError)) throw error;
    }
  }
}

export function takeUp(own: Committer, asked = true): Promise<void> {
  return putIntoForce({ committer: own, log }, LIST, asked);
}

/** The only run of an account: one finding. */
export function scan(id: string): Change {
  const { report } = run({ runId: `run-${id}`, observations: [observation({ resource: `bucket-${id}` })] });
  return {
    input: {
      ...{ kind: 'run', id: `run-${id}`, observedAt: T0, declaredComplete: false, durationMs: null },
      ...{ outcome: null, source: 'prowler', identity: 'prowler/1', companion: null },
      raw: { key: `raw/prowler/${id}.json.zst`, digest: id, bytes: 1, name: id },
    },
    report: { ...report, account: id },
  };
}

/** Reports live outside of the store here: reading them back is not what is tried. */
export const readInput: ReadInput = (input) => {
  if (input.kind === 'config') return Promise.resolve({ input });
  if (input.kind === 'run') return Promise.resolve(scan(input.id.slice('run-'.length)));
  throw new Error(`no input ${input.id}`);
};
