import { ident, join, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import { type Cells, keyTexts, recordsOf, scopeIn, textIn, uuids } from './findings-records.ts';
import { visible } from './visible.ts';

/** What rows say beside their state: today's texts, and the sets that they name by key. Only ever read for the rows of a page. */

const TEXTS = [
  ...[
    'source',
    'cloud',
    'account',
    'account_name',
    'region',
    'rule',
    'resource',
    'resource_name',
    'locator',
    'title',
    'description',
  ],
  ...[
    'remediation',
    'refs',
    'cve',
    'package',
    'fixed_version',
    'correlation_key',
    'occurrences',
    'first_seen',
    'last_seen',
  ],
];

/** How often a finding may have got another name since. */
const RENAMINGS = 5;

/**
 * Today's texts (or `columns` of them) by the fingerprint that was asked for, also where the finding has another one by now. Without those that are out of
 * sight today.
 */
export async function textsOf(
  context: QueryContext,
  fingerprints: readonly string[],
  columns: readonly string[] = TEXTS,
): Promise<ReadonlyMap<string, Cells>> {
  const texts = new Map<string, Cells>();
  if (fingerprints.length === 0) return texts;
  const names = await accountNames(context);
  let wanted = new Map(fingerprints.map((fingerprint) => [fingerprint, fingerprint]));
  for (let renamed = 0; wanted.size > 0 && renamed <= RENAMINGS; renamed++) {
    const found = await currentTexts(context, [...new Set(wanted.values())], names, columns);
    for (const [asked, name] of wanted) {
      const cells = found.get(name);
      if (cells === undefined) continue;
      texts.set(asked, cells);
      wanted.delete(asked);
    }
    wanted = await laterNames(context, wanted);
  }
  return texts;
}

/**
 * What may be seen is asked for as a column, and names of accounts apart: beside another condition or a join DuckDB does not use
 * an index on fingerprints, and looks at every finding there is.
 */
async function currentTexts(
  { run, dialect, access }: QueryContext,
  fingerprints: readonly string[],
  names: ReadonlyMap<string, string>,
  columns: readonly string[],
): Promise<ReadonlyMap<string, Cells>> {
  const rows = recordsOf(
    await run(sql`
    select ${dialect.uuidText(sql`f.fingerprint`)} as fingerprint, ${visible(access, 'f')} as seen, f.scope,
      ${join(columns.map((name) => ident(`f.${name}`)))}
    from finding f where f.fingerprint in (${uuids(fingerprints)})`),
  );
  return new Map(
    rows
      .filter(({ seen }) => seen === true)
      .map((cells) => {
        const name = names.get(scopeIn(cells)) ?? cells['account_name'] ?? null;
        return [String(cells['fingerprint']), { ...cells, account_name: name }];
      }),
  );
}

/** What accounts are called today, by scope. */
export async function accountNames({ run, access }: QueryContext): Promise<ReadonlyMap<string, string>> {
  const { rows } = await run(
    sql`select s.scope, s.account_name from scope s where ${visible(access, 's')} and s.account_name is not null`,
  );
  return new Map(rows.map(([scope, name]) => [String(scope), String(name)]));
}

async function laterNames(
  { run, dialect, access }: QueryContext,
  wanted: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  if (wanted.size === 0) return new Map();
  const { rows } = await run(sql`
    select ${dialect.uuidText(sql`h.former_fingerprint`)}, ${dialect.uuidText(sql`h.fingerprint`)} from history h
    where h.former_fingerprint in (${uuids(new Set(wanted.values()))}) and ${visible(access, 'h')}`);
  const later = new Map(rows.map(([former, now]) => [String(former), String(now)]));
  const next = new Map<string, string>();
  for (const [asked, name] of wanted) {
    const now = later.get(name);
    if (now !== undefined) next.set(asked, now);
  }
  return next;
}

/** What history itself says of findings of which nothing else is to be seen: what makes their identity never changes. */
export async function bareTexts(
  { run, dialect, access }: QueryContext,
  fingerprints: readonly string[],
): Promise<ReadonlyMap<string, Cells>> {
  if (fingerprints.length === 0) return new Map();
  const rows = recordsOf(
    await run(sql`
    select ${dialect.uuidText(sql`t.fingerprint`)} as fingerprint, t.source, t.cloud, t.account, t.region, t.rule, t.resource,
      t.first_seen
    from (
      select h.fingerprint, min(h.source) as source, min(h.cloud) as cloud, min(h.account) as account, min(h.region) as region,
        min(h.rule) as rule, min(h.resource) as resource, min(h.first_seen) as first_seen
      from history h where h.fingerprint in (${uuids(fingerprints)}) and ${visible(access, 'h')} group by h.fingerprint) t`),
  );
  return new Map(rows.map((cells) => [String(cells['fingerprint']), cells]));
}

export interface Sets {
  /** As JSON lists. */
  readonly frameworks: ReadonlyMap<string, string>;
  /** As JSON objects. */
  readonly labels: ReadonlyMap<string, string>;
}

/** The sets that rows name by the texts of their keys `frameworks` and `labels`, as they were then. */
export async function setsOf({ run }: QueryContext, rows: readonly Cells[]): Promise<Sets> {
  const keys = (name: string): Set<string> =>
    new Set(rows.map((row) => textIn(row, name) ?? '0').filter((key) => key !== '0'));
  const frameworks = new Map<string, string[]>();
  const labels = new Map<string, [string, string][]>();
  const frameworkKeys = keys('frameworks');
  const labelKeys = keys('labels');
  if (frameworkKeys.size > 0) {
    const found = await run(sql`
      select cast(x.frameworks as varchar), x.control from framework_set x where x.frameworks in (${keyTexts(frameworkKeys)})
      order by x.control`);
    for (const [key, control] of found.rows) listIn(frameworks, String(key)).push(String(control));
  }
  if (labelKeys.size > 0) {
    const found = await run(sql`
      select cast(x.labels as varchar), x.name, x.value from label_set x where x.labels in (${keyTexts(labelKeys)})
      order by x.name`);
    for (const [key, name, value] of found.rows)
      listIn(labels, String(key)).push([String(name), String(value)]);
  }
  return {
    frameworks: new Map([...frameworks].map(([key, list]) => [key, JSON.stringify([...new Set(list)])])),
    labels: new Map([...labels].map(([key, pairs]) => [key, JSON.stringify(Object.fromEntries(pairs))])),
  };
}

function listIn<T>(lists: Map<string, T[]>, key: string): T[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}
