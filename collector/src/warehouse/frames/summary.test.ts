import { describe, expect, it } from 'vitest';
import type { SummaryResult } from '../query/result.ts';
import type { FieldJson, FrameJson } from './frame.ts';
import { bucketsFrame } from './buckets.ts';
import { bucketsOf, CONTEXT, queryOf, summaryOf } from './fixtures.ts';
import { flameFrame } from './flame.ts';
import { pivotFrame } from './pivot.ts';
import { numericFrame, tableFrame } from './summary.ts';

function shownName(config: FieldJson['config']): string | null {
  const name = config?.['displayNameFromDS'];
  return typeof name === 'string' ? name : null;
}

/** Values by the name that people see. */
function columns({ schema, data }: FrameJson): Record<string, unknown> {
  return Object.fromEntries(
    schema.fields.map(({ name, config }, index) => [shownName(config) ?? name, data.values[index]]),
  );
}

const ACCOUNTS: Partial<SummaryResult> = {
  dimensions: ['account'],
  measures: ['open', 'passRate'],
  rows: [
    { group: null, values: [70, 0.5], previous: [80, null] },
    { group: ['111122223333'], values: [12, 0.9], previous: [5, 0.8] },
    { group: [null], values: [1, null], previous: [0, 1] },
  ],
};

describe('table', () => {
  const ask = (compare: string, links?: { publicUrl: string }): FrameJson =>
    tableFrame(
      queryOf('summary', { measures: ['open', 'passRate'], groupBy: ['account'], compare }),
      summaryOf(ACCOUNTS),
      links === undefined ? CONTEXT : { ...CONTEXT, links },
    );

  it('has dimensions, then measures, with the rest last and names beside accounts', () => {
    expect(columns(ask('none'))).toEqual({
      Account: ['111122223333', '', 'other'],
      'Account name': ['prod-payments', '', ''],
      Open: [12, 1, 70],
      'Pass rate': [0.9, null, 0.5],
    });
  });

  it('shows what was before, or the change, in columns of their own', () => {
    expect(columns(ask('previous'))).toMatchObject({
      Open: [12, 1, 70],
      'Open (previous)': [5, 0, 80],
      'Pass rate (previous)': [0.8, 1, null],
    });
    expect(columns(ask('change'))).toMatchObject({
      'Open (change)': [7, 1, -10],
      'Pass rate (change)': [0.1, null, null],
    });
    expect(ask('change').schema.fields.map(({ name }) => name)).toEqual([
      'account',
      'accountName',
      'open',
      'openChange',
      'passRate',
      'passRateChange',
    ]);
  });

  it('leads to dashboards where it knows where they are', () => {
    expect(ask('none').schema.fields[0]?.config).not.toHaveProperty('links');
    expect(ask('none', { publicUrl: 'https://grafana.example/' }).schema.fields[0]?.config).toMatchObject({
      links: [
        {
          title: 'Show the account',
          url: 'https://grafana.example/d/sightline-account?var-account=${__value.raw:percentencode}&${__url_time_range}',
        },
      ],
    });
  });
});

describe('numeric', () => {
  const ask = (fields: Partial<SummaryResult>, compare = 'none'): FrameJson =>
    numericFrame(
      queryOf('summary', { measures: ['open'], format: 'numeric', compare }),
      summaryOf(fields),
      CONTEXT,
    );

  it('is labels and one number, with nothing beside them', () => {
    const { schema, data } = ask({});
    expect(schema.meta).toMatchObject({ type: 'numeric-long', typeVersion: [0, 1] });
    expect(schema.fields.map(({ name, type }) => [name, type])).toEqual([
      ['account', 'string'],
      ['severity', 'string'],
      ['open', 'number'],
    ]);
    expect(data.values[2]).toEqual([12, 5, 9]);
  });

  it('has the change in place of the value, where that is asked for', () => {
    const rows = [{ group: ['pay'], values: [5], previous: [8] }];
    const { schema, data } = ask({ dimensions: ['team'], rows }, 'change');
    expect(schema.fields.map(({ name }) => name)).toEqual(['team', 'openChange']);
    expect(data.values).toEqual([['pay'], [-3]]);
  });

  it('keeps rows whose value nobody knows, so that alerts on them do not resolve', () => {
    const rows = [{ group: ['pay'], values: [null], previous: null }];
    expect(ask({ dimensions: ['team'], rows }).data.values).toEqual([['pay'], [null]]);
  });

  it('is one number without dimensions, and no data where there are no groups', () => {
    expect(ask({ dimensions: [], rows: [] }).data.values).toEqual([[26]]);
    expect(ask({ rows: [] }).schema.fields).toEqual([]);
  });
});

describe('pivot', () => {
  const ask = (fields: Partial<SummaryResult> = {}, query: Record<string, unknown> = {}): FrameJson =>
    pivotFrame(
      queryOf('summary', {
        measures: ['open'],
        groupBy: ['account', 'severity'],
        format: 'pivot',
        ...query,
      }),
      summaryOf(fields),
      CONTEXT,
    );

  it('makes columns of the second dimension, with 0 where nothing is open, and a total', () => {
    expect(columns(ask())).toEqual({
      Account: ['111122223333', '444455556666'],
      'Account name': ['prod-payments', ''],
      critical: [12, 0],
      low: [5, 9],
      Total: [17, 9],
    });
    expect(ask().schema.fields[2]).toMatchObject({ name: 'open', labels: { severity: 'CRITICAL' } });
  });

  it('has severities from the worst to the least, however many there are of each', () => {
    const of = (severity: string, open: number) => ({
      group: ['1', severity],
      values: [open],
      previous: null,
    });
    const rows = [of('LOW', 9), of('CRITICAL', 1), of('MEDIUM', 5)];
    expect(Object.keys(columns(ask({ rows })))).toEqual([
      ...['Account', 'Account name'],
      ...['critical', 'medium', 'low', 'Total'],
    ]);
  });

  it('leaves empty what nobody knows: ratios, checks', () => {
    expect(columns(ask({ measures: ['passRate'] }))['critical']).toEqual([12, null]);
    expect(columns(ask({ measures: ['checked'] }))['critical']).toEqual([12, null]);
    expect(columns(ask({ measures: ['passRate'] }))).not.toHaveProperty('Total');
  });

  it('takes what the limit left out for unknown, and sums nothing then', () => {
    const cut = columns(ask({ cut: { shown: 3, total: 9, what: 'groups' } }));
    expect(cut['critical']).toEqual([12, null]);
    expect(cut).not.toHaveProperty('Total');
    const other = { group: null, values: [8], previous: null };
    expect(columns(ask({ rows: [...summaryOf().rows, other] }))['critical']).toEqual([12, null]);
  });

  it('sums no columns that share findings', () => {
    expect(columns(ask({ dimensions: ['account', 'framework'] }))).not.toHaveProperty('Total');
  });

  it('shows changes, and several measures beside each other', () => {
    const rows = [{ group: ['1', 'LOW'], values: [5, 2], previous: [7, 0] }];
    const measures = ['open', 'fixed'] as const;
    expect(columns(ask({ rows, measures }, { compare: 'change' }))).toMatchObject({
      'low · open': [-2],
      'low · fixed': [2],
      'Total · open': [-2],
    });
  });
});

describe('flame', () => {
  const ask = (fields: Partial<SummaryResult> = {}): Record<string, unknown> =>
    columns(
      flameFrame(
        queryOf('summary', { measures: ['open'], groupBy: ['account', 'severity'], format: 'flame' }),
        summaryOf(fields),
        CONTEXT,
      ),
    );

  it('goes depth first from a root, largest first, each as wide as its children', () => {
    expect(ask()).toEqual({
      level: [0, 1, 2, 2, 1, 2],
      value: [26, 17, 12, 5, 9, 9],
      self: [0, 0, 12, 5, 0, 9],
      label: ['open', 'prod-payments', 'critical', 'low', '444455556666', 'low'],
    });
  });

  it('is exact for any tree: the children of a node are as wide as it is', () => {
    const rows = Array.from({ length: 60 }, (_, n) => ({
      group: [String(n % 7), n % 5 === 0 ? null : String(n % 3)],
      values: [(n * 37) % 11],
      previous: null,
    }));
    const result = ask({ rows: [...rows, { group: null, values: [4], previous: null }] });
    const levels = result['level'] as number[];
    const values = result['value'] as number[];
    const selves = result['self'] as number[];
    for (const [index, level] of levels.entries()) {
      let end = index + 1;
      while ((levels[end] ?? 0) > level) end++;
      const children = values.slice(index + 1, end).filter((_, k) => levels[index + 1 + k] === level + 1);
      expect(children.reduce((a, b) => a + b, selves[index] ?? 0)).toBe(values[index]);
    }
    expect(values[0]).toBe(rows.reduce((sum, row) => sum + (row.values[0] ?? 0), 4));
    expect(result['label']).toContain('other');
  });

  it('leaves out what has no width, also the root', () => {
    const rows = [{ group: ['1', 'LOW'], values: [0], previous: null }];
    expect(ask({ rows })).toEqual({ level: [], value: [], self: [], label: [] });
  });
});

describe('age buckets', () => {
  it('are what the histogram reads, with a count per group and names for a bar chart', () => {
    const query = queryOf('summary', { measures: ['open'], groupBy: ['severity'], format: 'ageBuckets' });
    const frame = bucketsFrame(query, bucketsOf(), CONTEXT);
    expect(frame.schema.fields.map(({ name }) => name)).toEqual(['age', 'xMin', 'xMax', 'count', 'count']);
    expect(columns(frame)).toEqual({
      age: ['0–7 d', '7–14 d', '≥ 14 d'],
      xMin: [0, 7, 14],
      xMax: [7, 14, null],
      critical: [4, 2, 0],
      low: [1, 0, 90],
    });
  });

  it('are called findings where there are no groups', () => {
    const query = queryOf('summary', { measures: ['open'], format: 'ageBuckets' });
    const result = bucketsOf({ dimensions: [], groups: [{ group: [], counts: [1, 2, 3] }] });
    expect(columns(bucketsFrame(query, result, CONTEXT))).toHaveProperty('findings', [1, 2, 3]);
  });
});
