import { UsageError } from '../errors.ts';
import type { Finding } from '../findings/finding.ts';
import type { Fingerprint } from '../findings/model.ts';
import type { Committer } from '../lake/committer.ts';
import type { Head } from '../lake/head.ts';
import { readScopes } from '../lake/lake.ts';

const WHOLE = 32;

export interface Found {
  readonly head: Head;
  readonly findings: readonly Finding[];
}

/**
 * The findings that fingerprints, or beginnings of them, stand for, by scope; every scope is read once.
 * @throws UsageError where one stands for none, or for more than one
 */
export async function findByPrefixes(committer: Committer, prefixes: readonly string[]): Promise<Found[]> {
  const wanted = new Set(prefixes);
  const short = [...wanted].filter((prefix) => prefix.length < WHOLE);
  const hits = new Map<string, Fingerprint[]>();
  const found: Found[] = [];
  for await (const { head, state } of readScopes(committer)) {
    const findings: Finding[] = [];
    for (const finding of state.findings.values()) {
      const { fingerprint } = finding;
      const meant = short.filter((prefix) => fingerprint.startsWith(prefix));
      if (wanted.has(fingerprint)) meant.push(fingerprint);
      for (const prefix of meant) hits.set(prefix, [...(hits.get(prefix) ?? []), fingerprint]);
      if (meant.length > 0) findings.push(finding);
    }
    if (findings.length > 0) found.push({ head, findings });
  }
  const missing = [...wanted].filter((prefix) => !hits.has(prefix));
  if (missing[0] !== undefined) throw unknown(missing[0], missing.length);
  for (const [prefix, all] of hits) if (all.length > 1) throw ambiguous(prefix, all);
  return found;
}

function unknown(prefix: string, count: number): UsageError {
  const others = count === 1 ? '' : ` (nor ${count - 1} more of those given)`;
  return new UsageError(
    `there is no finding ${prefix}${others}; nothing was changed`,
    '`sightline findings` lists them with their fingerprints.',
    'not_found',
  );
}

function ambiguous(prefix: string, all: readonly Fingerprint[]): UsageError {
  const [first = '', second = ''] = all;
  return new UsageError(
    `${prefix} stands for ${all.length} findings: ${first}, ${second}${all.length > 2 ? ', …' : ''}; nothing was changed`,
    'Give more digits.',
  );
}
