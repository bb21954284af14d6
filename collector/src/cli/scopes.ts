import { createInterface } from 'node:readline/promises';
import { UsageError } from '../errors.ts';
import { nearest } from '../config/nearest.ts';
import type { Committer } from '../lake/committer.ts';
import type { Head } from '../lake/head.ts';
import { readHeads } from '../lake/lake.ts';
import type { CliContext } from './context.ts';

/**
 * The heads that `--scope` (a scope or its id) or `--all` name.
 * @throws UsageError when neither or both are given, or there is no such scope
 */
export async function headsFor(
  committer: Committer,
  { scope, all }: { readonly scope?: string; readonly all?: boolean },
): Promise<Head[]> {
  if ((scope === undefined) === (all !== true)) {
    throw new UsageError('name one scope, or all of them', 'Give either --scope or --all.');
  }
  const heads = await readHeads(committer);
  if (scope === undefined) return heads;
  const found = heads.filter((head) => head.scope === scope || head.scopeId === scope);
  if (found.length > 0) return found;
  const meant = nearest(
    scope,
    heads.map((head) => head.scope),
  );
  throw new UsageError(
    `there is no scope ${scope}`,
    meant === undefined ? '`sightline scope list` names those there are.' : `Did you mean ${meant}?`,
    'not_found',
  );
}

/** Asks at a terminal; elsewhere --yes has to say it. @throws UsageError for a no */
export async function confirm(context: CliContext, question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (context.stdin.isTTY !== true) {
    throw new UsageError(`${question} Nobody is there to answer`, 'Give --yes to mean it.');
  }
  const prompt = createInterface({ input: context.stdin, output: context.stderr });
  try {
    const answer = await prompt.question(`${question} [y/N] `);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    prompt.close();
  }
  throw new UsageError('nothing was changed', 'Answer "y" to go on.');
}
