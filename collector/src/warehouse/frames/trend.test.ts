import { expect, it } from 'vitest';
import type { TrendResult } from '../query/result.ts';
import type { FieldJson } from './frame.ts';
import { CONTEXT, queryOf, trendOf } from './fixtures.ts';
import { trendFrame } from './trend.ts';

const QUERY = queryOf('trend', { measures: ['open'] });

function fieldsOf(result: Partial<TrendResult>): readonly FieldJson[] {
  return trendFrame(QUERY, trendOf(result), CONTEXT).schema.fields;
}

function namesOf(result: Partial<TrendResult>): unknown[] {
  return fieldsOf(result)
    .slice(1)
    .map(({ config }) => config?.['displayNameFromDS']);
}

const VALUES = [1, 2, 3];
const open = { measure: 'open', period: 'current', values: VALUES } as const;

it('is one time and one number per series, named like the measure, with the group as labels', () => {
  expect(trendFrame(QUERY, trendOf(), CONTEXT)).toMatchObject({
    schema: {
      fields: [
        { name: 'time', type: 'time', typeInfo: { frame: 'time.Time', nullable: false } },
        {
          name: 'open',
          type: 'number',
          labels: { severity: 'CRITICAL' },
          config: { displayNameFromDS: 'critical', unit: 'locale' },
        },
        { name: 'open', type: 'number', labels: { severity: 'other' } },
      ],
    },
    data: {
      values: [
        [1_794_787_200_000, 1_794_873_600_000, 1_794_960_000_000],
        [3, 0, 7],
        [40, 41, null],
      ],
    },
  });
});

it('shows severities from the worst to the least, however many there are of each', () => {
  const series = ['MEDIUM', 'INFORMATIONAL', 'CRITICAL', 'HIGH'].map((severity) => ({
    ...open,
    group: [severity],
  }));
  expect(namesOf({ dimensions: ['severity'], series })).toEqual([
    'critical',
    'high',
    'medium',
    'informational',
  ]);
});

it('labels what has none with the text that filters take for it, and tells people so', () => {
  const result = {
    dimensions: ['team', 'label:cost-center'],
    series: [{ ...open, group: [null, 'c1'] }],
  } as const;
  expect(fieldsOf(result)[1]?.labels).toEqual({ team: '', 'label:cost-center': 'c1' });
  expect(namesOf(result)).toEqual(['none · c1']);
});

it('names accounts by what they are called, where that is known', () => {
  const result = {
    dimensions: ['account'],
    series: [
      { ...open, group: ['111122223333'] },
      { ...open, group: ['9'] },
    ],
  } as const;
  expect(namesOf(result)).toEqual(['prod-payments', '9']);
  expect(fieldsOf(result)[1]?.labels).toEqual({ account: '111122223333' });
});

it('names accounts by their names, and tells accounts of one name apart', () => {
  const group = (id: string, name: string | null) => ({ ...open, group: [id, name] });
  const series = [group('1', 'prod'), group('2', 'prod'), group('3', 'dev'), group('4', null)];
  expect(namesOf({ dimensions: ['account', 'accountName'], series })).toEqual([
    'prod (1, prod)',
    'prod (2, prod)',
    'dev',
    '4 · none',
  ]);
});

it('keeps the rest apart from a group that is called other', () => {
  const series = [
    { ...open, group: ['other'] },
    { ...open, group: null },
  ];
  const fields = fieldsOf({ dimensions: ['team'], series });
  expect(fields.slice(1).map(({ labels }) => labels)).toEqual([{ team: 'other' }, { team: '(other)' }]);
});

it('marks the previous period by a label of its own', () => {
  const series = [
    { ...open, group: [] },
    { ...open, group: [], period: 'previous' },
  ] as const;
  const [, now, before] = fieldsOf({ dimensions: [], series });
  expect([now?.labels, before?.labels]).toEqual([undefined, { period: 'previous' }]);
  expect(namesOf({ dimensions: [], series })).toEqual(['open', 'open (previous)']);
});

it('says the measure where there are several', () => {
  const series = [
    { ...open, group: ['HIGH'] },
    { ...open, measure: 'mttrP90', group: ['HIGH'] },
    { ...open, measure: 'overdueConfirmed', group: null },
  ] as const;
  expect(namesOf({ series })).toEqual(['high · open', 'high · MTTR p90', 'other · overdue confirmed']);
});

it('does not carry digits that nobody sees', () => {
  const series = [
    { ...open, measure: 'passRate', group: [], values: [1 / 3, null, 1] },
    { ...open, measure: 'mttr', group: [], values: [86_400_000.123, null, 0] },
  ] as const;
  expect(trendFrame(QUERY, trendOf({ dimensions: [], series }), CONTEXT).data.values.slice(1)).toEqual([
    [0.333333, null, 1],
    [86_400_000, null, 0],
  ]);
});

it('has no fields where there are no series: a time alone is an error for alert rules', () => {
  expect(fieldsOf({ series: [] })).toEqual([]);
});
