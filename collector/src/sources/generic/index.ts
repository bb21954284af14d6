import type { ReadOptions, ReportInput, SourceAdapter } from '../adapter.ts';
import { wrongShape } from '../common/errors.ts';
import { headerOf } from '../csv/read.ts';
import { headOf } from '../input/head.ts';
import { peekJson } from '../json/peek.ts';
import { type Mapping, OWN_FINDINGS, OWN_NEEDED, OWN_USERS } from './mapping.ts';
import { readMapped } from './read.ts';

const about = {
  mode: 'snapshot',
  scope: 'the columns cloud and account, else what the mapping or the caller names',
  identity: 'region, rule, resource and locator; of users rule and user',
  closes: 'the file names the account and the row is gone, or its status is none that means open',
  severity: 'the mapping’s word for it, else the usual words, else the CVSS score, else MEDIUM',
} as const;

/** Names of the columns of a CSV, or of the members of the first JSON object. */
function columnsOf(head: string): ReadonlySet<string> {
  const peek = peekJson(head);
  if (peek !== null) return new Set([...peek.members.keys(), ...peek.below.keys()]);
  return new Set(headerOf(head)?.columns ?? []);
}

/** Which of the contract's own files this is. */
function ownMapping(head: string): Mapping | undefined {
  const columns = columnsOf(head);
  if (OWN_NEEDED.users.every((column) => columns.has(column))) return OWN_USERS;
  return OWN_NEEDED.findings.every((column) => columns.has(column)) ? OWN_FINDINGS : undefined;
}

/** Files that have the contract's own columns. */
export const generic: SourceAdapter = {
  id: 'generic',
  title: 'Generic',
  formats: [
    'CSV, JSON or one JSON object a line, of findings or of users, with the columns of docs/generic.md',
  ],
  identity: 'generic/1',
  readsConfiguration: true,
  about,
  detect: (head) => ownMapping(head) !== undefined,
  read: async (input: ReportInput, options: ReadOptions) => {
    const mapping = ownMapping(headOf(input));
    if (mapping === undefined)
      throw wrongShape(input.name, 'the generic contract', 'it lacks some of its columns');
    return readMapped(input, options, mapping);
  },
};

/** A source of its own, for files that a mapping of the configuration tells how to read. */
export function mappedAdapter(mapping: Mapping): SourceAdapter {
  const { columns } = mapping;
  const needed =
    mapping.kind === 'findings'
      ? [mapping.columns.rule, mapping.columns.resource]
      : [mapping.columns.user, mapping.columns.mail ?? mapping.columns.user];
  const known = Object.values(columns).filter((column) => column !== undefined);
  return {
    id: mapping.id,
    title: mapping.id,
    formats: [`CSV or JSON with the columns ${known.join(', ')}`],
    identity: `${mapping.id}/1`,
    readsConfiguration: true,
    about,
    detect: (head) => {
      const there = columnsOf(head);
      // Two of them may be anybody's; most of them are not.
      return (
        needed.every((column) => there.has(column)) &&
        known.filter((column) => there.has(column)).length * 2 > known.length
      );
    },
    read: (input, options) => readMapped(input, options, mapping),
  };
}
