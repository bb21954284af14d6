import { describe, expect, it } from 'vitest';
import type { SightlineQuery } from '../query/model';
import { CATALOG } from '../testing/samples';
import { withAdHoc } from './ad-hoc';
import { applicabilityOf, tagKeys, tagValues } from './drilldowns';

const findings: SightlineQuery = {
  refId: 'A',
  version: 1,
  queryType: 'findings',
  filters: [{ field: 'rule', operator: '=', values: ['x'] }],
};
const passRate: SightlineQuery = { refId: 'B', version: 1, queryType: 'trend', measures: ['passRate'] };
const sql: SightlineQuery = { refId: 'C', version: 1, queryType: 'sql', sql: 'SELECT 1' };

describe('filters of a dashboard', () => {
  it('are added to those of the query, in the words of the API', () => {
    const { filters } = withAdHoc(findings, [
      { key: 'account', operator: '=', value: '1' },
      { key: 'severity', operator: '=|', value: 'LOW', values: ['LOW', 'HIGH'] },
      { key: 'team', operator: '!=|', value: 'a', values: ['a'] },
      { key: 'rule', operator: '=~', value: 's3.*' },
      { key: 'team', operator: '!=', value: '' },
    ]) as { filters: unknown };
    expect(filters).toEqual([
      { field: 'rule', operator: '=', values: ['x'] },
      { field: 'account', operator: '=', values: ['1'] },
      { field: 'severity', operator: 'in', values: ['LOW', 'HIGH'] },
      { field: 'team', operator: 'notIn', values: ['a'] },
      { field: 'rule', operator: '=~', values: ['s3.*'] },
      { field: 'team', operator: '!=', values: [''] },
    ]);
  });

  it('that are still being typed are none', () => {
    expect(withAdHoc(findings, [{ key: '', operator: '=', value: '' }])).toEqual(findings);
    expect(withAdHoc(sql, [{ key: 'account', operator: '=', value: '1' }])).toBe(sql);
  });

  it('apply where one of the queries knows the field', () => {
    const judged = (queries: SightlineQuery[], ...keys: string[]): unknown =>
      applicabilityOf(
        { queries, filters: keys.map((key) => ({ key, operator: '=', value: 'x' })) },
        CATALOG,
      ).map(({ key, applicable }) => [key, applicable]);
    expect(judged([passRate], 'account', 'severity', 'color')).toEqual([
      ['account', true],
      ['severity', false],
      ['color', false],
    ]);
    expect(judged([passRate, findings], 'severity')).toEqual([['severity', true]]);
    expect(judged([sql], 'account')).toEqual([['account', false]]);
    expect(applicabilityOf({ queries: [passRate], groupByKeys: ['rule'] }, CATALOG)[0]?.reason).toContain(
      'do not have it',
    );
  });

  it('offer every field, values under the other filters, and nothing of what can only be searched', async () => {
    expect(tagKeys(CATALOG).map(({ value }) => value)).toEqual(
      expect.arrayContaining(['account', 'label:tier', 'verdict']),
    );
    const asked: unknown[] = [];
    const api = {
      get: () => Promise.resolve(null),
      post: (path: string, body: unknown) => {
        asked.push([path, body]);
        return Promise.resolve({ values: [{ value: '1', text: 'payments', count: 3 }] });
      },
    };
    const filters = [
      { key: 'account', operator: '=', value: '9' },
      { key: 'severity', operator: '=', value: 'LOW' },
    ];
    expect(await tagValues(api, CATALOG, { key: 'account', filters })).toEqual([
      { text: 'payments (1)', value: '1' },
    ]);
    expect(asked).toEqual([
      [
        'dimensions/account/values',
        { limit: 1_000, filters: [{ field: 'severity', operator: '=', values: ['LOW'] }] },
      ],
    ]);
    expect(await tagValues(api, CATALOG, { key: 'resource', filters: [] })).toEqual([]);
    expect(await tagValues(api, CATALOG, { key: 'verdict', filters: [] })).toHaveLength(2);
  });
});
