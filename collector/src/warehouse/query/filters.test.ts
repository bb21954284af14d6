import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FULL_ACCESS } from '../access.ts';
import { DUCKDB } from '../dialect.ts';
import { type Engine, QueryError } from '../engine.ts';
import { all, render, sql } from '../sql.ts';
import { checkFilters, conditionsFor, knows, type Place } from './filters.ts';
import type { Filter, Operator } from './request.ts';
import { contextOf, estateOf, rowWith, scopeOf } from './testing/finding-estate.ts';

const id = (n: number): string => `00000000-0000-0000-0000-${String(n).padStart(12, '0')}`;
const HOSTILE = `x'; drop table history; -- " \\ %_$1`;

const ROWS = [
  rowWith({
    fingerprint: id(1),
    severity: 'CRITICAL',
    score: 95,
    team: 'pay',
    frameworks: ['CIS:1', 'PCI:3'],
    labels: { tier: 'gold' },
    cve: ['CVE-2026-1', 'CVE-2026-2'],
    package: 'openssl',
    fixedVersion: '3.1',
    title: 'Bucket is PUBLIC',
  }),
  rowWith({
    fingerprint: id(2),
    severity: 'HIGH',
    score: 80,
    team: null,
    frameworks: ['PCI:3'],
    labels: { tier: 'silver' },
    account: '2',
  }),
  rowWith({
    fingerprint: id(3),
    severity: 'LOW',
    score: 9,
    team: HOSTILE,
    environment: null,
    rule: HOSTILE,
    resource: HOSTILE,
    labels: { other: 'x' },
  }),
  rowWith({
    fingerprint: id(4),
    severity: 'MEDIUM',
    score: 55,
    team: 'web',
    cve: ['CVE-2026-2'],
    package: null,
    source: 'trivy',
    account: '2',
  }),
];

let engine: Engine;
beforeAll(async () => {
  engine = await estateOf(ROWS);
});
afterAll(() => engine.close());

const filter = (field: Filter['field'], operator: Operator, ...values: string[]): Filter => ({
  field,
  operator,
  values,
});

/** Numbers of the findings that are let through. */
async function through(
  filters: readonly Filter[],
  place: Place = { relation: 'history', alias: 'h' },
): Promise<number[]> {
  const from =
    place.finding === undefined
      ? sql`history h`
      : sql`history h join finding f on f.fingerprint = h.fingerprint`;
  const where = all(conditionsFor(place, filters, DUCKDB, FULL_ACCESS));
  const { rows } = await engine.read(sql`select h.fingerprint from ${from} where ${where} order by 1`);
  return rows.map(([fingerprint]) => Number(String(fingerprint).slice(-12)));
}

describe('a filter on findings', () => {
  it.each([
    ['equal', filter('team', '=', 'pay'), [1]],
    ['equal to nothing', filter('team', '=', ''), [2]],
    ['different, and what has none is different', filter('team', '!=', 'pay'), [2, 3, 4]],
    ['some', filter('team', '!=', ''), [1, 3, 4]],
    ['one of', filter('team', 'in', 'pay', 'web'), [1, 4]],
    ['one of, or none', filter('team', 'in', 'pay', ''), [1, 2]],
    ['none of', filter('team', 'notIn', 'pay', 'web'), [2, 3]],
    ['none of, and some', filter('team', 'notIn', 'pay', ''), [3, 4]],
    ['an expression for the whole value', filter('team', '=~', 'p.y|we'), [1]],
    ['an expression that nothing fits too', filter('team', '=~', '(pay)?'), [1, 2]],
    ['not an expression', filter('team', '!~', '.+'), [2]],
    ['after, as text', filter('rule', '>', 's3'), [1, 2, 3, 4]],
    ['severities by weight', filter('severity', '>', 'MEDIUM'), [1, 2]],
    ['severities by weight, in any case', filter('severity', '<', 'high'), [3, 4]],
    ['nothing above the worst', filter('severity', '>', 'CRITICAL'), []],
    ['scores as numbers: 9 is less than 80', filter('score', '<', '80'), [3, 4]],
    ['several scores', filter('score', 'notIn', '9', '80'), [1, 4]],
    ['a fingerprint, as it is shown', filter('fingerprint', '=', id(3).replaceAll('-', '')), [3]],
    ['fingerprints', filter('fingerprint', 'notIn', id(1), id(2).toUpperCase()), [3, 4]],
    ['a framework', filter('framework', '=', 'PCI'), [1, 2]],
    ['no such framework', filter('framework', '!=', 'CIS'), [2, 3, 4]],
    ['no framework at all', filter('framework', '=', ''), [3, 4]],
    ['any framework', filter('framework', '!=', ''), [1, 2]],
    ['frameworks', filter('framework', 'in', 'CIS', ''), [1, 3, 4]],
    ['none of the frameworks', filter('framework', 'notIn', 'CIS', 'PCI'), [3, 4]],
    ['a framework that fits', filter('framework', '=~', 'C.*'), [1]],
    ['a control', filter('control', '=', 'PCI:3'), [1, 2]],
    ['no control that fits', filter('control', '!~', 'CIS.*'), [2, 3, 4]],
    ['a label', filter('label:tier', '=', 'gold'), [1]],
    ['another label, or none', filter('label:tier', '!=', 'gold'), [2, 3, 4]],
    ['a label that is not there', filter('label:tier', '=', ''), [3, 4]],
    ['a CVE', filter('cve', '=', 'CVE-2026-2'), [1, 4]],
    ['no such CVE', filter('cve', '!=', 'CVE-2026-1'), [2, 3, 4]],
    ['no CVE', filter('cve', '=', ''), [2, 3]],
    ['a package', filter('package', '=', 'openssl'), [1]],
    ['another package, or none', filter('package', '!=', 'openssl'), [2, 3, 4]],
    ['fixable', filter('fixable', '=', 'true'), [1]],
    ['not fixable', filter('fixable', '=', 'false'), [2, 3, 4]],
    ['correlated', filter('correlationKey', '!=', ''), [1, 4]],
    ["an account's name", filter('accountName', '=~', 'Account 2'), [2, 4]],
    ["not an account's name", filter('accountName', '!=', 'Account 2'), [1, 3]],
    ['a part of a title, in any case', filter('search', '=', 'is public'), [1, 2, 3, 4]],
    ['a part of a fingerprint', filter('search', '=', '000000000004'), [4]],
    ['a whole fingerprint', filter('search', '=', id(2)), [2]],
    ['a source', filter('source', '=', 'trivy'), [4]],
    ['a scope', filter('scope', '=', scopeOf(rowWith({ account: '2' }))), [2]],
  ] as const)('lets through what is %s', async (_, given, expected) => {
    expect(await through([given])).toEqual(expected);
    expect(await through([given], { relation: 'history', alias: 'h', finding: 'f' })).toEqual(expected);
  });

  it('looks up what a finding is today only among those that the caller may see', async () => {
    // Of history that was his when it was written; by now finding 1 is another team's.
    const access = { ...FULL_ACCESS, teams: ['web'] };
    const found = async (given: Filter): Promise<unknown[]> => {
      const where = all(conditionsFor({ relation: 'history', alias: 'h' }, [given], DUCKDB, access));
      const { rows } = await engine.read(sql`select h.fingerprint from history h where ${where} order by 1`);
      return rows.map(([fingerprint]) => Number(String(fingerprint).slice(-12)));
    };
    expect(await found(filter('cve', '=', 'CVE-2026-2'))).toEqual([4]);
    expect(await found(filter('cve', '=', ''))).toEqual([1, 2, 3]);
    expect(await found(filter('search', '=', 'public'))).toEqual([4]);
    expect(await found(filter('fixable', '=', 'true'))).toEqual([]);
    expect(await found(filter('fixable', '!=', 'false'))).toEqual([1, 2, 3]);
    // What is out of sight has no value, as an expression that fits "" says too.
    expect(await found(filter('package', '=~', 'open.*'))).toEqual([]);
    expect(await found(filter('fixable', '=~', '(true)?'))).toEqual([1, 2, 3]);
    expect(await found(filter('fixable', '!~', '(true)?'))).toEqual([4]);
    expect(await found(filter('fixable', '<', 'g'))).toEqual([1, 2, 3, 4]);
  });

  it('holds together with all others', async () => {
    expect(await through([filter('framework', '=', 'PCI'), filter('severity', '<', 'CRITICAL')])).toEqual([
      2,
    ]);
  });

  it.each(['team', 'rule', 'resource', 'search'] as const)(
    'takes hostile text as nothing but text in %s',
    async (field) => {
      expect(await through([filter(field, '=', HOSTILE)])).toEqual([3]);
      expect(await through([filter(field, '!=', HOSTILE)])).toEqual([1, 2, 4]);
      const { text } = render(
        all(
          conditionsFor(
            { relation: 'history', alias: 'h' },
            [filter(field, '=', HOSTILE)],
            DUCKDB,
            FULL_ACCESS,
          ),
        ),
      );
      expect(text).not.toContain('drop');
      expect(await through([filter(`label:${HOSTILE}`, '=', HOSTILE)])).toEqual([]);
      expect(await through([])).toEqual([1, 2, 3, 4]);
    },
  );
});

describe('a filter that can not be', () => {
  it.each([
    [filter('severity', '=', 'SEVERE'), /"SEVERE", which is no severity/],
    [filter('score', '>', 'high'), /score is a number/],
    [filter('score', '=~', '9.*'), /score is a number/],
    [filter('score', '=', ''), /score is a number/],
    [filter('fingerprint', '=', 'abc'), /no fingerprint/],
    [filter('team', '=', 'a', 'b'), /has 2 values/],
    [filter('search', '>', 'a'), /can't be compared/],
  ] as const)('is refused: %j', (given, message) => {
    expect(() => conditionsFor({ relation: 'history', alias: 'h' }, [given], DUCKDB, FULL_ACCESS)).toThrow(
      message,
    );
    expect(() => conditionsFor({ relation: 'history', alias: 'h' }, [given], DUCKDB, FULL_ACCESS)).toThrow(
      QueryError,
    );
  });

  it('is refused where the relation does not know the field', () => {
    expect(() =>
      conditionsFor({ relation: 'check_stat', alias: 'c' }, [filter('rule', '=', 'x')], DUCKDB, FULL_ACCESS),
    ).toThrow("check stats can't be filtered by rule");
    expect(knows('cube', 'severity', DUCKDB)).toBe(true);
    expect(knows('cube', 'framework', DUCKDB)).toBe(true);
    expect(knows('cube', 'resource', DUCKDB)).toBe(false);
    expect(knows('cube', 'label:tier', DUCKDB)).toBe(false);
  });

  it('is refused by its name where its expression is none of RE2, also when there is nothing to match', async () => {
    const bad = checkFilters(contextOf(engine), [
      filter('team', '=~', 'a.*'),
      filter('rule', '!~', '(?=look)ahead('),
    ]);
    await expect(bad).rejects.toThrow(/the filter rule !~ "\(\?=look\)ahead\(" is no regular expression/);
    await expect(checkFilters(contextOf(engine), [filter('team', '=~', '')])).resolves.toBeUndefined();
  });
});
