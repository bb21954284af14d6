import type { Finding } from '../../findings/finding.ts';
import type { Fingerprint, Scope } from '../../findings/model.ts';
import type { Committer } from '../../lake/committer.ts';
import type { Head } from '../../lake/head.ts';
import { scopeIdOf } from '../../lake/keys.ts';
import { readScopes } from '../../lake/lake.ts';
import type { Access } from '../../warehouse/access.ts';
import type { Warehouse } from '../../warehouse/contract.ts';
import { type Located, locateFindings } from '../../warehouse/query/locate.ts';
import { badRequest, HttpProblem } from '../problem.ts';
import type { ApiOptions } from './options.ts';
import { sees } from './sight.ts';

/** Findings of one scope, as the bucket has them. */
export interface InScope {
  readonly head: Head;
  readonly findings: readonly Finding[];
}

/**
 * The fingerprint that a whole one or a beginning stands for, among what the caller sees.
 * @throws HttpProblem 404 for none, 400 for several
 */
export async function fingerprintOf(
  warehouse: Warehouse,
  access: Access,
  prefix: string,
  signal: AbortSignal,
): Promise<Fingerprint> {
  const located = await warehouse.ask(access, { signal }, (context) => locateFindings(context, [prefix]));
  return single(prefix, located).fingerprint;
}

/**
 * The findings that fingerprints, or beginnings of them, stand for, by scope. The warehouse says where to look; what counts is
 * the bucket. @throws HttpProblem 404 where one is not there or out of the caller's sight, 400 where one stands for several
 */
export async function findInBucket(
  options: ApiOptions,
  access: Access,
  prefixes: readonly string[],
  signal: AbortSignal,
): Promise<InScope[]> {
  const byScope = new Map<Scope, Set<Fingerprint>>();
  for (const { fingerprint, scope } of await locate(options, access, prefixes, signal)) {
    const here = byScope.get(scope) ?? new Set();
    byScope.set(scope, here.add(fingerprint));
  }
  const { committer } = options;
  const found: InScope[] = [];
  for (const [scope, fingerprints] of byScope) {
    const head = await committer.readHead(scopeIdOf(scope));
    const state = await committer.stateFor(head);
    const findings = [...fingerprints].map((fingerprint) => {
      const finding = state.findings.get(fingerprint);
      if (finding === undefined || !sees(access, finding)) throw unknown(fingerprint);
      return finding;
    });
    if (head !== null) found.push({ head, findings });
  }
  return found;
}

async function locate(
  { warehouse, committer }: ApiOptions,
  access: Access,
  prefixes: readonly string[],
  signal: AbortSignal,
): Promise<Located[]> {
  const wanted = [...new Set(prefixes)];
  if (warehouse === null) return resolved(wanted, await scan(committer, access, wanted));
  const ask = (): Promise<Located[]> =>
    warehouse.ask(access, { signal }, (context) => locateFindings(context, wanted));
  const located = await ask();
  if (located.length >= wanted.length) return resolved(wanted, located);
  // A finding that was brought a moment ago.
  await warehouse.refresh();
  return resolved(wanted, await ask());
}

/** What each prefix stands for. @throws HttpProblem where it is not exactly one */
function resolved(wanted: readonly string[], located: readonly Located[]): Located[] {
  const whole = new Map(located.map((one) => [one.fingerprint, one]));
  return wanted.map((prefix) => {
    const one = whole.get(prefix);
    if (one !== undefined) return one;
    return single(
      prefix,
      located.filter(({ fingerprint }) => fingerprint.startsWith(prefix)),
    );
  });
}

/** Without a warehouse every scope is read. */
async function scan(committer: Committer, access: Access, prefixes: readonly string[]): Promise<Located[]> {
  const whole = new Set(prefixes);
  const parts = prefixes.filter((prefix) => prefix.length < DIGITS);
  const located: Located[] = [];
  for await (const { head, state } of readScopes(committer)) {
    for (const finding of state.findings.values()) {
      const { fingerprint } = finding;
      const meant = whole.has(fingerprint) || parts.some((part) => fingerprint.startsWith(part));
      if (meant && sees(access, finding)) located.push({ fingerprint, scope: head.scope });
    }
  }
  return located;
}

const DIGITS = 32;

function single<T>(prefix: string, all: readonly T[]): T {
  const [first, ...others] = all;
  if (first === undefined) throw unknown(prefix);
  if (others.length === 0) return first;
  throw badRequest(`${prefix} stands for ${all.length} findings.`, { hint: 'Give more digits.' });
}

function unknown(prefix: string): HttpProblem {
  return new HttpProblem(404, 'Not found', `There is no finding ${prefix}; nothing was changed.`, {
    hint: 'GET /api/v1/findings lists them with their fingerprints.',
  });
}
