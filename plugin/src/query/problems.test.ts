import { describe, expect, it } from 'vitest';
import { CATALOG } from '../testing/samples';
import type { Filter, SightlineQuery } from './model';
import { problemsOf } from './problems';

const base = { refId: 'A', version: 1 } as const;
const trend = (more: object = {}): SightlineQuery => ({
  ...base,
  queryType: 'trend',
  measures: ['open'],
  ...more,
});
const summary = (more: object = {}): SightlineQuery => ({
  ...base,
  queryType: 'summary',
  measures: ['open'],
  ...more,
});
const findings = (filters: Filter[]): SightlineQuery => ({ ...base, queryType: 'findings', filters });
const problems = (query: SightlineQuery): string[] => problemsOf(query, { catalog: CATALOG });

describe('a query that can run', () => {
  it.each([
    trend({ groupBy: ['severity'], interval: '1d', limit: 200 }),
    trend({ groupBy: ['$by'], measures: ['$measure'], interval: '$interval' }),
    summary({ groupBy: ['account', 'severity'], format: 'pivot', compare: 'change' }),
    summary({ measures: ['open', 'passRate'], groupBy: ['account'], orderBy: 'passRate' }),
    summary({ groupBy: ['account', 'resource'], format: 'numeric', perGroup: 1 }),
    summary({ format: 'flame', groupBy: ['service'] }),
    findings([{ field: 'label:other', operator: '=', values: [''] }]),
    findings([{ field: 'search', operator: '=', values: ['s3'] }]),
    { ...base, queryType: 'events' },
    { ...base, queryType: 'runs', filters: [{ field: 'account', operator: '=', values: ['1'] }] },
  ] as SightlineQuery[])('has no problem: %j', (query) => {
    expect(problems(query)).toEqual([]);
  });
});

describe('what is wrong is said with the next step', () => {
  it.each([
    [trend({ measures: [] }), 'Choose at least one measure'],
    [trend({ measures: ['opened'] }), 'no measure opened'],
    [trend({ groupBy: ['color'] }), 'no dimension color'],
    [trend({ groupBy: ['search'] }), 'no dimension search'],
    [trend({ groupBy: ['resource'] }), 'use a summary'],
    [trend({ interval: '0d' }), 'such as 1d'],
    [trend({ limit: 201 }), 'from 1 to 200'],
    [trend({ limit: 1.5 }), 'whole number'],
    [trend({ asOf: '2026-11-20' }), '2026-11-20T00:00:00Z'],
    [trend({ measures: ['passRate'], groupBy: ['severity'] }), 'passRate can’t be grouped by severity'],
    [summary({ measures: ['open', 'runs'], groupBy: ['service'] }), 'runs can’t be grouped by service'],
    [summary({ groupBy: ['account'], orderBy: 'mttr' }), 'Sort by one of open, account'],
    [summary({ groupBy: ['account'], perGroup: 3 }), 'at least two'],
    [summary({ groupBy: ['account', 'rule'], perGroup: 3, format: 'pivot' }), 'Table and Numeric'],
    [summary({ groupBy: ['account', 'rule'], perGroup: 21 }), 'from 1 to 20'],
    [summary({ format: 'numeric', groupBy: ['resource'] }), 'has no bound'],
    [summary({ format: 'numeric', measures: ['open', 'mttr'] }), 'takes one measure'],
    [summary({ format: 'numeric', compare: 'previous' }), 'compare by Change'],
    [summary({ format: 'pivot', groupBy: ['account'] }), 'two dimensions'],
    [summary({ format: 'pivot', groupBy: ['account', 'resource'] }), 'put it first'],
    [summary({ format: 'flame' }), 'at least one'],
    [summary({ format: 'flame', groupBy: ['rule'], measures: ['mttr'] }), 'not the sum'],
    [summary({ format: 'ageBuckets', measures: ['mttr'] }), 'Open, and no other'],
    [findings([{ field: '', operator: '=', values: [] }]), 'no field yet'],
    [findings([{ field: 'severity', operator: '=', values: [] }]), 'no value yet'],
    [findings([{ field: 'severity', operator: '=', values: ['URGENT'] }]), 'is no severity'],
    [findings([{ field: 'severity', operator: '=', values: ['LOW', 'HIGH'] }]), 'is one of'],
    [findings([{ field: 'score', operator: '>', values: ['much'] }]), 'number from 0 to 100'],
    [findings([{ field: 'fingerprint', operator: '=', values: ['abc'] }]), '32 hexadecimal digits'],
    [findings([{ field: 'rule', operator: '=~', values: ['s3(?!x)'] }]), 'RE2'],
    [findings([{ field: 'rule', operator: '=~', values: ['s3('] }]), 'no regular expression'],
    [findings([{ field: 'color', operator: '=', values: ['red'] }]), 'nothing called color'],
    [
      { ...base, queryType: 'runs', filters: [{ field: 'severity', operator: '=', values: ['LOW'] }] },
      'scans are known',
    ],
    [{ ...base, queryType: 'sql', sql: 'SELECT 1' }, 'switched off'],
  ] as [SightlineQuery, string][])('%j', (query, said) => {
    expect(problems(query).join(' ')).toContain(said);
  });

  it('without the lists of the API what needs no names is still found', () => {
    expect(problemsOf(trend({ measures: ['anything'], groupBy: ['whatever'] }), { catalog: null })).toEqual(
      [],
    );
    expect(problemsOf({ ...base, queryType: 'sql', sql: ' ' }, { catalog: null })).toEqual([
      'Write one SELECT statement.',
    ]);
  });
});

describe('an alert rule', () => {
  const refusal = (query: SightlineQuery): string =>
    problemsOf(query, { catalog: CATALOG, alerting: true }).join(' ');

  it('can be built on numbers by few labels', () => {
    expect(refusal(trend({ groupBy: ['account'] }))).toBe('');
    expect(refusal(summary({ format: 'numeric', groupBy: ['account'], compare: 'change' }))).toBe('');
  });

  it.each([
    [findings([]), 'these are rows'],
    [{ ...base, queryType: 'events' }, 'these are rows'],
    [{ ...base, queryType: 'runs' }, 'Staleness'],
    [summary({ groupBy: ['account'] }), 'format Numeric'],
    [trend({ measures: ['open', 'mttr'] }), 'one measure per query'],
    [trend({ compare: 'previous' }), 'compare by Change'],
    [
      trend({ filters: [{ field: 'account', operator: '=', values: ['$account'] }] }),
      '$account has no value there',
    ],
  ] as [SightlineQuery, string][])('can’t be built on %j', (query, said) => {
    expect(refusal(query)).toContain(said);
  });
});
