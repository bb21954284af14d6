import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSql } from './raw-sql.ts';
import { sqlQuery } from './request.ts';
import type { RowsResult } from './result.ts';
import { DAY, type FindingTables, openFindingTables, T0 } from './testing/finding-tables.ts';

let tables: FindingTables;
beforeAll(async () => {
  tables = await openFindingTables();
  for (const n of [0, 1, 2])
    await tables.life({
      scope: 'prowler/aws/111',
      rule: `r${n}`,
      resource: 'b',
      steps: [{ t: T0 + n * DAY, kind: 'opened', status: 'open', entered_by: 'new' }],
    });
});
afterAll(() => tables.close());

const range = { from: T0 + DAY, to: T0 + 2 * DAY, timezone: 'UTC' };

function run(text: string, limit = 100): Promise<RowsResult> {
  const query = sqlQuery.parse({ type: 'sql', refId: 'A', sql: text, limit });
  return runSql((statement, maxRows) => tables.engine.readUntrusted(statement, { maxRows }), range, query);
}

describe('SQL', () => {
  it('puts the range in as numbers', async () => {
    expect((await run('select $__from as a, $__to as b')).rows).toEqual([[range.from, range.to]]);
    expect((await run('select rule from history where $__timeFilter(began)')).rows).toEqual([['r1']]);
    expect((await run('select rule from history h where $__timeFilter( h."began" )')).rows).toEqual([['r1']]);
    expect((await run('select ($__from) + 1')).rows).toEqual([[range.from + 1]]);
    expect((await run("select '$__from'")).rows).toEqual([[String(range.from)]]);
  });

  it.each([
    ['select $__interval', '$__interval is no macro'],
    ['select 1 where $__timeFilter', 'takes one column'],
    ['select 1 where $__timeFilter(1 = 1 or began)', 'takes one column'],
    ['select 1 where $__timeFilter(began, ended)', 'takes one column'],
  ])('says of %s that it makes no sense', async (text, message) => {
    await expect(run(text)).rejects.toThrow(message);
  });

  it('knows times, numbers, truths and texts', async () => {
    const { columns, rows } = await run(
      `select began, ended as x, due_at, score, count(*) over () as n, rule, is_event, fingerprint, timestamp '2026-11-20 08:00:00.5' as stamp,
        timestamptz '2026-11-20 08:00:00+02' as zoned, date '2026-11-20' as day, 1.5 as half, [1, 2] as list
       from history order by began limit 1`,
    );
    expect(columns.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'began time', 'x number', 'due_at time', 'score number', 'n number', 'rule text', 'is_event boolean', 'fingerprint text',
      'stamp time', 'zoned time', 'day time', 'half number', 'list text',
    ]); // prettier-ignore
    expect(rows[0]?.slice(8, 12)).toEqual([
      Date.UTC(2026, 10, 20, 8, 0, 0, 500),
      Date.UTC(2026, 10, 20, 6),
      Date.UTC(2026, 10, 20),
      1.5,
    ]);
  });

  it('gives so many rows and says that there are more', async () => {
    const cut = await run('select rule from history order by rule', 2);
    expect(cut.rows).toEqual([['r0'], ['r1']]);
    expect(cut.total).toBeNull();
    expect(cut.notices).toEqual(['Only the first 2 rows are shown; there are more.']);
    expect(await run('select rule from history', 3)).toMatchObject({ total: 3, notices: [] });
  });

  it.each([
    'delete from history',
    'drop table history',
    'select 1; select 2',
    "attach '/tmp/x.db'",
    "copy history to '/tmp/history.csv'",
    "select * from read_csv('/etc/passwd')",
    "select * from '/etc/passwd'",
    "set memory_limit = '10GB'",
    'select * from nothing_like_it',
    'not SQL at all',
    // Table functions that do more than read: the first made every later statement of everybody fail.
    "select * from enable_logging('QueryLog', storage = 'file', storage_path = '/nowhere/else')",
    "select * from enable_logging(storage = 'stdout')",
    'select * from "Enable_Logging"()',
    'select * from enable_profiling()',
    'with x as (select * from system.main.force_checkpoint()) select * from x',
    'select (select count(*) from history, lateral checkpoint())',
    "select * from query('select * from enable_profiling()')",
    "select * from json_execute_serialized_sql(json_serialize_sql('select * from enable_profiling()'))",
    'describe select * from enable_profiling()',
    'pragma enable_profiling',
    'call enable_profiling()',
  ])('refuses %s', async (text) => {
    await expect(run(text)).rejects.toMatchObject({ reason: 'invalid' });
    expect((await run('select count(*) from history')).rows).toEqual([[3]]);
  });

  it.each([
    'select i from range(3) t(i)',
    'select unnest([1, 2])',
    'describe history',
    'with recursive n as (select 1 as i union all select i + 1 from n where i < 3) select i from n',
    "select column_name from information_schema.columns where table_name = 'history'",
  ])('still answers %s', async (text) => {
    expect((await run(text)).rows.length).toBeGreaterThan(1);
  });

  it('refuses an answer that the process would have no memory for, and answers the next one', async () => {
    const big = "select repeat('x', 20000) as a, i from range(10000) t(i)";
    await expect(run(big, 10_000)).rejects.toMatchObject({ reason: 'resources' });
    expect((await run('select count(*) from history')).rows).toEqual([[3]]);
  });
});
