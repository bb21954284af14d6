import { severityOfScore } from '../../findings/severity.ts';
import { QueryError } from '../engine.ts';
import { all, ident, isIn, type Sql, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import { conditionsFor } from './filters.ts';
import { lastsAt } from './finding-terms.ts';
import { type Direction, directionOf, type FindingOrder } from './findings-order.ts';
import { type Cells, numberIn, recordsOf, textIn } from './findings-records.ts';
import { statusCondition } from './findings-status.ts';
import { textsOf } from './findings-texts.ts';
import type { Filter, FindingsQuery } from './request.ts';
import type { RowsResult } from './result.ts';
import { column, cutOf } from './run-columns.ts';
import { CHECK_DIMENSIONS } from './scope-conditions.ts';
import { visible } from './visible.ts';

const COLUMNS = [
  column('rule', 'Rule', 'text'),
  column('title', 'Title', 'text', {
    description: 'Of its findings, as it is today; the name of the rule where each has one of its own.',
  }),
  column('severity', 'Severity', 'text', { description: 'The worst of its findings.' }),
  column('findings', 'Findings', 'number', { unit: 'count' }),
  column('failing', 'Failing', 'number', { unit: 'count', description: 'Resources that fail it.' }),
  column('checked', 'Of', 'number', {
    unit: 'count',
    description: 'Resources of the service that scans looked at; none where they do not say.',
  }),
  column('accounts', 'Accounts', 'number', { unit: 'count' }),
  column('oldest', 'Oldest', 'time', {
    unit: 'time',
    description: 'When the oldest of its findings opened, or opened again.',
  }),
  column('dueAt', 'Next due', 'time', { unit: 'time' }),
  column('source', 'Source', 'text'),
  column('service', 'Service', 'text'),
  column('remediation', 'Remediation', 'text'),
];

const OPEN = sql`h.status = 'open'`;

/**
 * One row per rule (of a source) with open findings, or, with a filter on `status`, with such. Sorted by `resource` means by the
 * number of findings, by `account` that of accounts.
 * @throws QueryError for cursors, and orders that rules do not have
 */
export async function runByRule(
  context: QueryContext,
  query: FindingsQuery,
  at: number,
): Promise<RowsResult> {
  if (query.cursor !== undefined)
    throw new QueryError('invalid', 'rules have no pages', 'Leave the cursor out, and raise `limit`.');
  const { access, dialect } = context;
  const where = all([
    visible(access, 'h'),
    lastsAt(at),
    statusCondition(query.filters, OPEN),
    ...conditionsFor({ relation: 'history', alias: 'h' }, query.filters, dialect, access),
  ]);
  const found = recordsOf(
    await context.run(sql`
    select t.rule, t.source, t.findings, t.accounts, t.score, t.oldest, t.due_at, ${dialect.uuidText(sql`t.example`)} as example,
      ${dialect.uuidText(sql`t.other_example`)} as other_example, count(*) over () as total
    from (
      select h.rule, h.source, count(*) as findings, count(distinct h.account) as accounts, max(h.score) as score,
        min(h.first_seen) as first_seen, min(h.clock_start) as oldest, min(h.due_at) as due_at, min(h.fingerprint) as example,
        max(h.fingerprint) as other_example
      from history h where ${where} group by h.rule, h.source) t
    order by ${orderOf(query.orderBy, query.direction)}, t.findings desc, t.rule, t.source limit ${query.limit}`),
  );
  const total = numberIn(found[0], 'total') ?? 0;
  const places = await failingOf(context, where, found, total <= found.length);
  const checked = await checkedOf(context, query.filters, at);
  const texts = await textsOf(
    context,
    found.flatMap(({ example, other_example: other }) => [...new Set([String(example), String(other)])]),
    ['title', 'remediation'],
  );
  return {
    kind: 'findings',
    columns: COLUMNS,
    rows: found.map((row) => {
      const source = String(row['source']);
      const services = places.get(keyOf(source, String(row['rule']))) ?? [];
      const failing = services.reduce((sum, { resources }) => sum + resources, 0);
      const cells = texts.get(String(row['example']));
      const title = textIn(cells, 'title');
      // Some titles name what is special to a finding (an open port): they are no name of the rule.
      const shared = title === textIn(texts.get(String(row['other_example'])), 'title');
      return [
        row['rule'] ?? null,
        shared && title !== null ? title : textIn(row, 'rule'),
        severityOfScore(numberIn(row, 'score') ?? 0),
        row['findings'] ?? null,
        failing,
        ofHowMany(
          failing,
          services.map(({ service }) => checked?.get(keyOf(source, service)) ?? null),
        ),
        row['accounts'] ?? null,
        row['oldest'] ?? null,
        row['due_at'] ?? null,
        source,
        services.map(({ service }) => service).join(', '),
        textIn(cells, 'remediation'),
      ];
    }),
    total,
    cut: cutOf(found.length, total, 'rows'),
    nextCursor: null,
    notices: [],
    statements: [...context.statements],
  };
}

function keyOf(source: string, name: string): string {
  return JSON.stringify([source, name]);
}

function orderOf(orderBy: FindingOrder, given: Direction | undefined): Sql {
  const ascending = directionOf(orderBy, given) === 'asc';
  const word = ascending ? sql`asc nulls last` : sql`desc nulls last`;
  switch (orderBy) {
    case 'severity':
      return sql`t.score ${word}`;
    case 'firstSeen':
      return sql`t.first_seen ${word}`;
    case 'dueAt':
      return sql`t.due_at ${word}`;
    case 'age':
      return ascending ? sql`t.oldest desc` : sql`t.oldest asc`;
    case 'rule':
      return sql`t.rule ${word}`;
    case 'resource':
      return given === 'asc' ? sql`t.findings asc` : sql`t.findings desc`;
    case 'account':
      return given === 'asc' ? sql`t.accounts asc` : sql`t.accounts desc`;
    case 'lastSeen':
      throw new QueryError(
        'invalid',
        "rules can't be sorted by lastSeen",
        'Sort them by severity, firstSeen, dueAt, age, rule, resource or account.',
      );
  }
}

interface Failing {
  readonly service: string;
  readonly resources: number;
}

/** Resources by rule and service, only of the rules that are shown: to tell resources apart is what takes longest. */
async function failingOf(
  { run, dialect }: QueryContext,
  where: Sql,
  shown: readonly Cells[],
  whole: boolean,
): Promise<ReadonlyMap<string, readonly Failing[]>> {
  const rules = new Set(shown.map(({ rule }) => String(rule)));
  if (rules.size === 0) return new Map();
  const those = all([where, whole ? sql`true` : isIn(sql`h.rule`, [...rules])]);
  const place = (alias: string): Sql =>
    dialect.identity(['source', 'rule', 'service'].map((name) => ident(`${alias}.${name}`)));
  // Names are few, and only a number stands for them while a million resources are told apart.
  const { rows } = await run(sql`
    with place as (select distinct h.source, h.rule, h.service from history h where ${those}),
    counted as (
      select t.place, count(*) as resources from (
        select distinct ${place('h')} as place, h.resource_key from history h where ${those}) t
      group by t.place
    )
    select p.source, p.rule, p.service, c.resources from place p join counted c on c.place = ${place('p')} order by p.service`);
  const found = new Map<string, Failing[]>();
  for (const [source, rule, service, resources] of rows) {
    const key = keyOf(String(source), String(rule));
    found.set(key, [...(found.get(key) ?? []), { service: String(service), resources: Number(resources) }]);
  }
  return found;
}

/** Filters that leave the number of resources that were looked at as it is. */
const OF_FINDINGS: ReadonlySet<string> = new Set([
  'severity',
  'score',
  'status',
  'class',
  'rule',
  'framework',
  'control',
  'dueState',
  'openedCause',
  'verdict',
  'mute',
  'cve',
  'fixable',
]);
const OF_CHECKS: ReadonlySet<string> = new Set<string>(CHECK_DIMENSIONS);

/** Resources by source and service; null where the filters are about what check stats do not know. */
async function checkedOf(
  { run, access, dialect }: QueryContext,
  filters: readonly Filter[],
  at: number,
): Promise<ReadonlyMap<string, number | null> | null> {
  const common = filters.filter(({ field }) => !OF_FINDINGS.has(field));
  if (!common.every(({ field }) => OF_CHECKS.has(field))) return null;
  const conditions = conditionsFor({ relation: 'check_stat', alias: 'c' }, common, dialect, access);
  const { rows } = await run(sql`
    select c.source, c.service, sum(c.resources) from check_stat c
    where c.began < ${at} and c.ended >= ${at} and ${all([visible(access, 'c'), ...conditions])} group by 1, 2`);
  return new Map(
    rows.map(([source, service, resources = null]) => [
      keyOf(String(source), String(service)),
      resources === null ? null : Number(resources),
    ]),
  );
}

/** Where fewer were looked at than fail, the stats count something else. */
function ofHowMany(failing: number, checked: readonly (number | null)[]): number | null {
  let sum = 0;
  for (const count of checked) {
    if (count === null) return null;
    sum += count;
  }
  return sum < failing || checked.length === 0 ? null : sum;
}
