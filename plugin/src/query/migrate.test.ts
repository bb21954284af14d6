import { describe, expect, it } from 'vitest';
import { changeType, defaultQuery } from './defaults';
import { displayText } from './display';
import { FutureQueryError, migrate } from './migrate';
import type { SightlineQuery } from './model';
import { problemsOf } from './problems';
import { sampleQuery, volumeQuery } from './supplementary';

const trend: SightlineQuery = {
  refId: 'A',
  version: 1,
  queryType: 'trend',
  measures: ['open'],
  groupBy: ['account'],
  filters: [{ field: 'severity', operator: '=', values: ['CRITICAL'] }],
};

describe('a saved query', () => {
  it('of this version is as it was', () => {
    expect(migrate(trend)).toEqual(trend);
  });

  it('without a version was written by hand, and is of the first', () => {
    const { version: _, ...byHand } = trend;
    expect(migrate(byHand)).toEqual(trend);
  });

  it('of another data source, or none, becomes the default', () => {
    expect(migrate({ refId: 'B', queryType: 'range' })).toEqual({ refId: 'B', ...defaultQuery() });
    expect(migrate({ refId: 'B' })).toEqual({ refId: 'B', ...defaultQuery() });
  });

  it('of a newer plugin is refused and told what to do', () => {
    expect(() => migrate({ ...trend, version: 2 })).toThrow(FutureQueryError);
    expect(() => migrate({ ...trend, version: 2 })).toThrow(
      '(query version 2, this one knows 1). Update the plugin',
    );
  });
});

describe('a new query', () => {
  it.each(['dashboard', 'explore', 'unified-alerting'])('can run at once in %s', (app) => {
    const query = migrate({ refId: 'A', ...defaultQuery(app) });
    expect(problemsOf(query, { catalog: null, alerting: app === 'unified-alerting' })).toEqual([]);
  });

  it.each(['trend', 'summary', 'findings', 'events', 'runs', 'sql'] as const)(
    'of type %s keeps what it can',
    (type) => {
      const changed = changeType(trend, type);
      expect(changed).toMatchObject({ refId: 'A', version: 1, queryType: type });
      expect('filters' in changed ? changed.filters : undefined).toEqual(
        type === 'sql' ? undefined : 'filters' in trend ? trend.filters : [],
      );
      expect('groupBy' in changed).toBe(type === 'trend' || type === 'summary');
      expect(problemsOf(changed, { catalog: null })).toEqual([]);
    },
  );

  it('for an alert rule is numeric as a summary', () => {
    expect(changeType(trend, 'summary', 'unified-alerting')).toMatchObject({
      format: 'numeric',
      limit: 1_000,
    });
  });
});

describe('a query in a line', () => {
  it.each([
    [trend, 'open by account over time | severity = CRITICAL'],
    [
      { ...trend, queryType: 'summary', filters: [{ field: 'team', operator: 'in', values: ['a', ''] }] },
      'open by account | team in a, none',
    ],
    [{ refId: 'A', version: 1, queryType: 'findings', format: 'byRule' }, 'findings by rule'],
    [{ refId: 'A', version: 1, queryType: 'events', kinds: ['new', 'fixed'] }, 'new, fixed events'],
    [{ refId: 'A', version: 1, queryType: 'runs' }, 'scan health scopes'],
    [{ refId: 'A', version: 1, queryType: 'sql', sql: 'SELECT 1\n  FROM x' }, 'SELECT 1 FROM x'],
  ] as [SightlineQuery, string][])('%#', (query, text) => {
    expect(displayText(query)).toBe(text);
  });
});

describe('beside an answer, Explore shows', () => {
  it('the events behind numbers, and how many log lines there were', () => {
    const sample = sampleQuery(trend, 50);
    expect(sample).toMatchObject({
      queryType: 'events',
      format: 'logs',
      limit: 50,
      filters: 'filters' in trend ? trend.filters : [],
    });
    const volume = volumeQuery({
      refId: 'A',
      version: 1,
      queryType: 'events',
      format: 'logs',
      kinds: ['new', 'accepted', 'changed'],
    });
    expect(volume).toMatchObject({ queryType: 'trend', measures: ['new', 'newlyAccepted'] });
    expect(
      volumeQuery({ refId: 'A', version: 1, queryType: 'events', format: 'logs', kinds: ['changed'] }),
    ).toBeNull();
    expect(volumeQuery(trend)).toBeNull();
  });
});
