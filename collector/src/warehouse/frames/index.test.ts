import { describe, expect, it } from 'vitest';
import { QueryError } from '../engine.ts';
import type { FieldJson, FrameJson } from './frame.ts';
import { CONTEXT, EXAMPLES, findingsOf, queryOf, sqlOf, summaryOf, trendOf } from './fixtures.ts';
import { framesOf } from './index.ts';

/** Whether the Go SDK reads a value into a field of its type. */
function fits({ typeInfo, type }: FieldJson, value: unknown): boolean {
  if (value === null) return typeInfo.nullable;
  switch (typeInfo.frame) {
    case 'time.Time':
      return (
        type === 'time' && typeof value === 'number' && Number.isSafeInteger(value * 1e3) && value < 9.3e12
      );
    case 'float64':
      return type === 'number' && typeof value === 'number' && Number.isFinite(value);
    case 'string':
      return type === 'string' && typeof value === 'string';
    case 'bool':
      return type === 'boolean' && typeof value === 'boolean';
    case 'json.RawMessage':
      return type === 'other' && typeof value === 'object';
    default:
      return false;
  }
}

function decoded(frames: readonly FrameJson[]): FrameJson {
  const [frame] = structuredClone(frames);
  if (frame === undefined || frames.length !== 1) throw new Error('one frame');
  return frame;
}

describe('every format', () => {
  it.each(EXAMPLES)('$name: can be decoded by the Go SDK', ({ query, result, fromAlert = false }) => {
    const frame = decoded(framesOf(query, result, { ...CONTEXT, fromAlert, links: { publicUrl: '' } }));
    expect(Object.keys(frame)).toEqual(['schema', 'data']);
    const { fields, meta, refId } = frame.schema;
    expect(refId).toBe('A');
    expect(meta.typeVersion === undefined).toBe(meta.type === undefined);
    expect(frame.data.values).toHaveLength(fields.length);
    for (const [index, field] of fields.entries()) {
      const values = frame.data.values[index] ?? [];
      expect(values).toHaveLength(frame.data.values[0]?.length ?? 0);
      for (const value of values) expect([field.name, value, fits(field, value)]).toContain(true);
    }
  });

  it.each(EXAMPLES)(
    '$name: sets nothing that a panel wants to set',
    ({ query, result, fromAlert = false }) => {
      const allowed = ['displayNameFromDS', 'description', 'unit', 'links'];
      const { fields } = decoded(framesOf(query, result, { ...CONTEXT, fromAlert })).schema;
      for (const { config = {} } of fields)
        expect(allowed).toEqual(expect.arrayContaining(Object.keys(config)));
    },
  );

  it.each(EXAMPLES.filter(({ fromAlert }) => fromAlert))(
    '$name: has numbers that their labels tell apart',
    ({ query, result }) => {
      const { schema, data } = decoded(framesOf(query, result, { ...CONTEXT, fromAlert: true }));
      const numbers = schema.fields.filter(({ type }) => type === 'number');
      expect(numbers.length).toBeLessThanOrEqual(1);
      if (schema.meta.type !== 'numeric-long') return;
      const texts = data.values.filter((_, index) => schema.fields[index]?.type === 'string');
      const labels = (data.values[0] ?? []).map((_, row) =>
        JSON.stringify(texts.map((values) => values[row])),
      );
      expect(new Set(labels).size).toBe(labels.length);
    },
  );

  it('says what it was made from', () => {
    const query = queryOf('trend', { measures: ['open'], groupBy: ['severity'] });
    expect(decoded(framesOf(query, trendOf(), CONTEXT)).schema.meta).toEqual({
      type: 'timeseries-wide',
      typeVersion: [0, 1],
      preferredVisualisationType: 'graph',
      executedQueryString: 'select severity, sum(d_open) from cube where t >= $1 group by 1',
      custom: {
        version: 'v7',
        refreshedAt: 1_794_787_200_000,
        ageMs: 4_200,
        tookMs: 12.3,
        cached: false,
        shown: 2,
      },
    });
  });

  it('says what was cut, and passes on what is missing', () => {
    const query = queryOf('trend', { measures: ['open'], groupBy: ['severity'] });
    const result = trendOf({
      cut: { shown: 10, total: 1_312, what: 'series' },
      notices: ['nmap is stale'],
    });
    expect(decoded(framesOf(query, result, CONTEXT)).schema.meta.notices).toEqual([
      { severity: 'warning', text: 'nmap is stale' },
      { severity: 'info', text: 'series: 10 of 1,312, the rest is `other`' },
    ]);
    const findings = decoded(framesOf(queryOf('findings'), findingsOf(), CONTEXT)).schema.meta;
    expect(findings.notices).toEqual([{ severity: 'info', text: '2 of 412,331 findings' }]);
    expect(findings.custom).toMatchObject({ shown: 2, total: 412_331, nextCursor: 'eyJhIjoxfQ' });
    const rules = framesOf(queryOf('findings', { format: 'byRule' }), findingsOf({ total: 9 }), CONTEXT);
    expect(decoded(rules).schema.meta.notices).toEqual([{ severity: 'info', text: '2 of 9 rules' }]);
  });
});

describe('alert rules', () => {
  it('are refused where groups were cut, which would look resolved', () => {
    const query = queryOf('summary', { measures: ['open'], groupBy: ['account'], format: 'numeric' });
    const result = summaryOf({ dimensions: ['account'], cut: { shown: 3, total: 412, what: 'groups' } });
    const ask = (): unknown => framesOf(query, result, { ...CONTEXT, fromAlert: true });
    expect(ask).toThrow(QueryError);
    expect(ask).toThrow('3 of 412 groups');
    expect(framesOf(query, result, CONTEXT)).toHaveLength(1);
  });

  it('are refused on SQL that is not one number and texts', () => {
    const query = queryOf('sql', { sql: 'select 1' });
    const ask = (columns: Parameters<typeof sqlOf>[0]): unknown =>
      framesOf(query, sqlOf(columns), { ...CONTEXT, fromAlert: true });
    const number = { name: 'n', label: 'n', kind: 'number' } as const;
    expect(() => ask({ columns: [number, { ...number, name: 'm' }] })).toThrow('there are 2 numbers');
    expect(() => ask({ columns: [number, { name: 'd', label: 'd', kind: 'time' }] })).toThrow(
      '`d` is neither',
    );
    expect(() => ask({})).not.toThrow();
  });

  it('are told why: before the query is run, and here', () => {
    expect(() => framesOf(queryOf('findings'), findingsOf(), { ...CONTEXT, fromAlert: true })).toThrow(
      'findings are rows',
    );
  });
});

it('fails loudly where a query and a result are not of one kind', () => {
  expect(() => framesOf(queryOf('findings'), trendOf(), CONTEXT)).toThrow(TypeError);
});
