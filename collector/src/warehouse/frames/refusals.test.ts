import { describe, expect, it } from 'vitest';
import { UNBOUNDED } from '../query/dimensions.ts';
import type { Query } from '../query/request.ts';
import { queryOf } from './fixtures.ts';
import { refuseForAlert, refuseFormat } from './refusals.ts';

function summary(fields: Record<string, unknown>): Query {
  return queryOf('summary', { measures: ['open'], ...fields });
}

describe('an alert rule', () => {
  it('takes one measure by bounded dimensions, as a number or over time, also its change', () => {
    const groupBy = ['account', 'team', 'label:product'];
    expect(refuseForAlert(summary({ format: 'numeric', groupBy }))).toBeNull();
    expect(refuseForAlert(summary({ format: 'numeric', groupBy, compare: 'change' }))).toBeNull();
    expect(refuseForAlert(queryOf('trend', { measures: ['open'], groupBy }))).toBeNull();
    expect(refuseForAlert(queryOf('sql', { sql: 'select 1' }))).toBeNull();
  });

  it.each([
    ['rows of findings', queryOf('findings'), 'findings are rows'],
    ['rows of events', queryOf('events', { format: 'logs' }), 'events are rows'],
    ['runs', queryOf('runs', { view: 'timeline' }), 'staleness'],
    ['a table', summary({}), 'use format=numeric'],
    ['a matrix', summary({ format: 'pivot', groupBy: ['account', 'service'] }), 'use format=numeric'],
    ['two measures', summary({ format: 'numeric', measures: ['open', 'new'] }), 'one measure'],
    ['a value and the one before', summary({ format: 'numeric', compare: 'previous' }), 'compare=change'],
    [
      'two lines of one label',
      queryOf('trend', { measures: ['open'], compare: 'previous' }),
      'compare=change',
    ],
    ['two measures over time', queryOf('trend', { measures: ['open', 'fixed'] }), 'one measure'],
  ])('does not take %s, and says why', (_, query, reason) => {
    expect(refuseForAlert(query)).toContain(reason);
  });

  it.each([...UNBOUNDED])('does not take a label per %s', (dimension) => {
    const groupBy = ['account', dimension];
    expect(refuseForAlert(summary({ format: 'numeric', groupBy }))).toContain(dimension);
    expect(refuseForAlert(queryOf('trend', { measures: ['open'], groupBy }))).toContain(dimension);
  });
});

describe('the worst of each group', () => {
  const groupBy = ['account', 'resource'];

  it('may be named by an alert’s second query, whatever it is: there are few', () => {
    for (const compare of ['none', 'change'])
      expect(refuseForAlert(summary({ format: 'numeric', groupBy, perGroup: 1, compare }))).toBeNull();
    expect(refuseFormat(summary({ groupBy, perGroup: 20 }))).toBeNull();
  });

  it.each([
    [
      'of groups without bound',
      { format: 'numeric', groupBy: ['resource', 'rule'], perGroup: 1 },
      'resource has no bound',
    ],
    ['of one dimension', { groupBy: ['rule'], perGroup: 1 }, 'at least two in groupBy; there are 1'],
    ['in a matrix', { format: 'pivot', groupBy, perGroup: 1 }, 'format=pivot shows groups whole'],
    ['in a flame', { format: 'flame', groupBy, perGroup: 1 }, 'format=flame shows groups whole'],
  ])('is refused %s', (_, fields, reason) => {
    expect(refuseFormat(summary(fields))).toContain(reason);
  });
});

describe('a format', () => {
  it.each([
    ['a matrix of one dimension', { format: 'pivot', groupBy: ['account'] }, 'there are 1'],
    ['a matrix of three', { format: 'pivot', groupBy: ['account', 'service', 'rule'] }, 'there are 3'],
    ['a column per resource', { format: 'pivot', groupBy: ['account', 'resource'] }, 'a column per resource'],
    ['a flame of nothing', { format: 'flame' }, 'a level per dimension'],
    [
      'a flame of two measures',
      { format: 'flame', groupBy: ['account'], measures: ['open', 'new'] },
      'one measure',
    ],
    ['a flame of ratios', { format: 'flame', groupBy: ['account'], measures: ['passRate'] }, 'adds up'],
    ['a flame of ages', { format: 'flame', groupBy: ['account'], measures: ['age'] }, 'adds up'],
    [
      'a flame of distinct accounts',
      { format: 'flame', groupBy: ['cloud'], measures: ['accounts'] },
      'adds up',
    ],
    ['a flame of changes', { format: 'flame', groupBy: ['account'], compare: 'change' }, 'compares nothing'],
  ])('refuses %s', (_, fields, reason) => {
    expect(refuseFormat(summary(fields))).toContain(reason);
  });

  it('takes what it can show', () => {
    expect(refuseFormat(summary({ format: 'pivot', groupBy: ['resource', 'severity'] }))).toBeNull();
    const flame = { format: 'flame', groupBy: ['cloud', 'resource'], measures: ['riskScore'] };
    expect(refuseFormat(summary(flame))).toBeNull();
    expect(refuseFormat(summary({ groupBy: ['cve'], compare: 'previous' }))).toBeNull();
    expect(refuseFormat(queryOf('findings'))).toBeNull();
  });
});
