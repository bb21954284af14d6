import { describe, expect, it } from 'vitest';
import { FOREVER } from '../schema.ts';
import {
  annotationsOf,
  CONTEXT,
  DAY,
  findingsOf,
  logsOf,
  queryOf,
  sqlOf,
  T0,
  timelineOf,
} from './fixtures.ts';
import { logsFrame } from './logs.ts';
import { annotationsFrame, rowsFrame } from './rows.ts';
import { sqlAlertFrame } from './sql-alert.ts';
import { timelineFrame } from './timeline.ts';

describe('tables', () => {
  const frame = rowsFrame(queryOf('findings'), findingsOf(), CONTEXT);

  it('keep stable names for programs and say the others to people', () => {
    expect(frame.schema.fields.map(({ name, config }) => [name, config?.['displayNameFromDS']])).toEqual([
      ['firstSeen', 'First seen'],
      ['fingerprint', 'Fingerprint'],
      ['severity', 'Severity'],
      ['account', 'Account'],
      ['age', 'Age'],
      ['verdictUntil', 'Accepted until'],
      ['fixable', 'Fixable'],
      ['labels', 'Labels'],
    ]);
  });

  it('have times as times, numbers with their units, and JSON as the text that it is', () => {
    const [firstSeen, , , , age, , , labels] = frame.schema.fields;
    expect(firstSeen).toMatchObject({ type: 'time', typeInfo: { frame: 'time.Time', nullable: true } });
    expect(age).toMatchObject({
      type: 'number',
      config: { unit: 'ms', description: 'Since it (re)opened.' },
    });
    expect(labels).toMatchObject({ type: 'string' });
    expect(frame.data.values[0]).toEqual([T0 - 3 * DAY, T0]);
    expect(frame.data.values[4]).toEqual([259_200_000, 0]);
    expect(frame.data.values[7]).toEqual(['{"owner":"pay"}', null]);
  });

  it('show a time that has no end, or that Go can not say, as none', () => {
    const column = { name: 'until', label: 'Until', kind: 'time' } as const;
    const times = [FOREVER, Date.UTC(9999, 11, 31), Date.UTC(2262, 0, 1), T0, null];
    const result = findingsOf({ columns: [column], rows: times.map((time) => [time]) });
    expect(rowsFrame(queryOf('findings'), result, CONTEXT).data.values).toEqual([
      [null, null, Date.UTC(2262, 0, 1), T0, null],
    ]);
  });

  it('keep their columns where there are no rows', () => {
    const empty = rowsFrame(queryOf('findings'), findingsOf({ rows: [], total: 0 }), CONTEXT);
    expect(empty.schema.fields).toHaveLength(8);
    expect(empty.schema.meta.notices).toBeUndefined();
    expect(empty.schema.meta.custom).toMatchObject({ shown: 0, total: 0 });
  });
});

describe('annotations', () => {
  it('are found by the names of their fields, so they have no others', () => {
    const frame = annotationsFrame(queryOf('events', { format: 'annotations' }), annotationsOf(), CONTEXT);
    expect(frame.schema.fields.map(({ name, config }) => [name, config])).toEqual([
      ['time', undefined],
      ['timeEnd', undefined],
      ['title', undefined],
      ['text', undefined],
      ['tags', undefined],
    ]);
    expect(frame.data.values[1]).toEqual([null, T0 + 2 * DAY]);
  });
});

describe('logs', () => {
  const frame = logsFrame(queryOf('events', { format: 'logs' }), logsOf(), CONTEXT);

  it('follow the contract of log lines', () => {
    expect(frame.schema.meta).toMatchObject({ type: 'log-lines', typeVersion: [0, 0] });
    expect(frame.schema.fields.map(({ name, type, typeInfo }) => [name, type, typeInfo.nullable])).toEqual([
      ['timestamp', 'time', false],
      ['body', 'string', false],
      ['severity', 'string', false],
      ['id', 'string', false],
      ['labels', 'other', false],
    ]);
  });

  it('say severities as levels that Grafana colours', () => {
    expect(frame.data.values[2]).toEqual(['error', 'notice']);
  });

  it('have labels as objects, without those that have no value; a text that is no object gives none', () => {
    expect(frame.data.values[4]).toEqual([{ account: '111122223333', rule: 's3_public' }, {}]);
  });
});

describe('timeline', () => {
  it('is a field of states per scope', () => {
    const { schema, data } = timelineFrame(queryOf('runs', { view: 'timeline' }), timelineOf(), CONTEXT);
    expect(schema.fields).toMatchObject([
      { name: 'time', type: 'time' },
      {
        name: 'state',
        type: 'string',
        labels: { scope: 'prowler/aws/111122223333' },
        config: { displayNameFromDS: 'prowler prod-payments' },
      },
      { name: 'state', labels: { scope: 'nmap//198.51.100.0' } },
    ]);
    expect(data.values[2]).toEqual([null, 'complete']);
  });
});

describe('SQL for an alert rule', () => {
  it('has texts as labels, never null, and one number', () => {
    const { schema, data } = sqlAlertFrame(queryOf('sql', { sql: 'select 1' }), sqlOf(), CONTEXT);
    expect(schema.meta).toMatchObject({ type: 'numeric-long', typeVersion: [0, 1] });
    expect(data.values).toEqual([
      ['pay', ''],
      [3, 4],
    ]);
  });
});
