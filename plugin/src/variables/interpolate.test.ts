import { describe, expect, it } from 'vitest';
import type { Filter, SightlineQuery, SummaryQuery } from '../query/model';
import { type Chosen, variablesOf } from '../testing/samples';
import { interpolate, interpolateFilters } from './interpolate';

const filtersOf = (filter: Filter, chosen: Readonly<Record<string, Chosen>>): Filter[] =>
  interpolateFilters([filter], variablesOf(chosen));
const equals = (field: string, ...values: string[]): Filter => ({ field, operator: '=', values });
const ALL = { value: ['$__all'], text: ['All'], options: ['1', '2', '3'] };

describe('a variable in a filter', () => {
  it('stands for its value, in each way that Grafana writes it', () => {
    const chosen = { account: { value: '123', text: 'payments' } };
    for (const text of ['$account', '${account}', '[[account]]'])
      expect(filtersOf(equals('account', text), chosen)).toEqual([equals('account', '123')]);
    expect(filtersOf(equals('accountName', '${account:text}'), chosen)).toEqual([
      equals('accountName', 'payments'),
    ]);
    expect(filtersOf(equals('account', 'prod-$account-x'), chosen)).toEqual([
      equals('account', 'prod-123-x'),
    ]);
  });

  it('of several values makes = one of them, and != none of them', () => {
    const chosen = { account: { value: ['1', '2'], text: ['a', 'b'] } };
    const several = { field: 'account', operator: 'in', values: ['1', '2'] };
    expect(filtersOf(equals('account', '$account'), chosen)).toEqual([several]);
    expect(filtersOf({ ...equals('account', '$account'), operator: '!=' }, chosen)).toEqual([
      { ...several, operator: 'notIn' },
    ]);
    expect(filtersOf({ ...equals('account', '$account', '2', '9'), operator: 'in' }, chosen)).toEqual([
      { ...several, values: ['1', '2', '9'] },
    ]);
    expect(filtersOf(equals('scope', 'prowler/aws/$account'), chosen)).toEqual([
      { field: 'scope', operator: 'in', values: ['prowler/aws/1', 'prowler/aws/2'] },
    ]);
    expect(filtersOf(equals('accountName', '${account:text}'), chosen)).toEqual([
      { field: 'accountName', operator: 'in', values: ['a', 'b'] },
    ]);
  });

  it('drops the filter where all are chosen, whatever the operator', () => {
    for (const operator of ['=', '!=', 'in', 'notIn', '=~'] as const)
      expect(filtersOf({ field: 'account', operator, values: ['$account'] }, { account: ALL })).toEqual([]);
  });

  it('is one account in a panel that is repeated, though the dashboard has all', () => {
    expect(filtersOf(equals('account', '$account'), { account: { ...ALL, repeated: '2' } })).toEqual([
      equals('account', '2'),
    ]);
  });

  it('is no filter for all where nothing is chosen', () => {
    for (const value of ['', []])
      for (const operator of ['=', 'in', '=~'] as const)
        expect(() =>
          filtersOf({ field: 'account', operator, values: ['$account'] }, { account: { value } }),
        ).toThrow('Nothing is chosen of the variable $account');
  });

  it('that nothing was typed into searches for nothing', () => {
    expect(filtersOf(equals('search', '$text'), { text: { value: '' } })).toEqual([]);
    expect(filtersOf(equals('search', '$text'), { text: { value: 's3' } })).toEqual([equals('search', 's3')]);
  });

  it('that is not there is said, but an expression may end with a dollar', () => {
    expect(() => filtersOf(equals('account', '$account'), {})).toThrow('There is no variable $account here');
    const expression: Filter = { field: 'rule', operator: '=~', values: ['^s3_.*$'] };
    expect(filtersOf(expression, {})).toEqual([expression]);
    expect(filtersOf(equals('resource', 'a$b'), {})).toEqual([equals('resource', 'a$b')]);
  });

  it('is escaped in an expression', () => {
    const expression: Filter = { field: 'account', operator: '=~', values: ['prod-$name.*'] };
    expect(filtersOf(expression, { name: { value: ['a.b', 'c'] } })).toEqual([
      { ...expression, values: ['prod-(a\\.b|c).*'] },
    ]);
    expect(filtersOf({ ...expression, values: ['$name'] }, { name: { value: 'a.b' } })[0]?.values).toEqual([
      'a\\.b',
    ]);
  });

  it('takes one value where several can’t be compared', () => {
    expect(() =>
      filtersOf({ field: 'severity', operator: '>', values: ['$s'] }, { s: { value: ['LOW', 'HIGH'] } }),
    ).toThrow('severity > takes one value, and 2 are chosen: LOW, HIGH');
  });
});

describe('a variable in a query', () => {
  const summary: SummaryQuery = {
    refId: 'A',
    version: 1,
    queryType: 'summary',
    measures: ['$measure'],
    groupBy: ['$by', 'severity'],
    orderBy: '$measure',
  };

  it('names measures, dimensions, the order, the interval and the moment', () => {
    const chosen = { measure: { value: 'open' }, by: { value: ['account', 'severity'] }, i: { value: '1w' } };
    expect(interpolate(summary, variablesOf(chosen))).toEqual({
      ...summary,
      measures: ['open'],
      groupBy: ['account', 'severity'],
      orderBy: 'open',
    });
    const trend: SightlineQuery = {
      refId: 'A',
      version: 1,
      queryType: 'trend',
      measures: ['open'],
      interval: '$i',
    };
    expect(interpolate(trend, variablesOf(chosen))).toMatchObject({ interval: '1w' });
  });

  it('means every value where all are chosen and there is no filter to drop', () => {
    const by = { value: '$__all', text: 'All', options: ['account', 'rule'] };
    expect(interpolate(summary, variablesOf({ measure: { value: 'open' }, by }))).toMatchObject({
      groupBy: ['account', 'rule', 'severity'],
    });
  });

  it('is quoted in SQL where it has several values, and the macros are left to the API', () => {
    const sql = (text: string, chosen: Readonly<Record<string, Chosen>>): unknown =>
      interpolate({ refId: 'A', version: 1, queryType: 'sql', sql: text }, variablesOf(chosen));
    expect(
      sql("account in ($a) and x = '$b'", { a: { value: ['1', "o'x"] }, b: { value: "it's" } }),
    ).toMatchObject({
      sql: "account in ('1','o''x') and x = 'it''s'",
    });
    const macros = 'began >= $__from and $__timeFilter(h.began) and $__to > 1';
    expect(sql(macros, { __from: { value: '1' }, __to: { value: '2' } })).toMatchObject({ sql: macros });
  });

  it('changes nothing where there is none', () => {
    const query: SightlineQuery = { ...summary, measures: ['open'], groupBy: ['account'], orderBy: 'open' };
    expect(interpolate(query, variablesOf({}))).toEqual(query);
  });
});
