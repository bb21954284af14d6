import type { Access } from '../access.ts';
import type { Dialect } from '../dialect.ts';
import { QueryError } from '../engine.ts';
import { isSeverity, SEVERITIES, type Severity, severityRank } from '../../findings/severity.ts';
import { all, any, ident, isIn, join, type Sql, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import type { FilterField } from './dimensions.ts';
import { type Field, fieldOf, fieldsOf, type Place, type Relation } from './fields.ts';
import type { Filter } from './request.ts';
import { firstOf, type Test, testOf, textCondition } from './text.ts';
import { visible } from './visible.ts';

export type { Place, Relation } from './fields.ts';

const CALLED: Readonly<Record<Relation, string>> = {
  history: 'findings',
  cube: 'findings',
  finding: 'findings',
  check_stat: 'check stats',
};

/** Whether a relation knows a field, to be filtered or grouped by. */
export function knows(relation: Relation, field: FilterField, dialect: Dialect): boolean {
  return fieldOf({ relation, alias: 'x' }, field, dialect) !== null;
}

/**
 * The filters as conditions on a relation, each never null. A field that may have several values (framework, control, cve,
 * label) fits `=`, `in`, `=~`, `>`, `<` where one of them does, and `!=`, `notIn`, `!~` where none does.
 * @param access what a finding is today is looked up among those that the caller may see: all others have none of it. History
 * is what it was of his, and may be somebody else's by now
 * @throws QueryError `invalid` that names the filter
 */
export function conditionsFor(
  place: Place,
  filters: readonly Filter[],
  dialect: Dialect,
  access: Access,
): readonly Sql[] {
  return filters.map((filter) => conditionFor(place, filter, dialect, access));
}

function conditionFor(place: Place, filter: Filter, dialect: Dialect, access: Access): Sql {
  const field = fieldOf(place, filter.field, dialect);
  if (field === null)
    throw new QueryError(
      'invalid',
      `${CALLED[place.relation]} can't be filtered by ${filter.field}`,
      `Filter them by ${fieldsOf(place.relation).join(', ')}.`,
    );
  return condition(field, filter, testOf(filter), place, dialect, access);
}

/**
 * Asks the engine whether it understands the expressions of `=~` and `!~`: what they are matched against may be nothing, and a
 * bad one must not look as if it found nothing.
 * @throws QueryError `invalid` that names the filter
 */
export async function checkFilters(context: QueryContext, filters: readonly Filter[]): Promise<void> {
  for (const filter of filters) {
    if (filter.operator !== '=~' && filter.operator !== '!~') continue;
    const pattern = firstOf(testOf(filter));
    try {
      await context.run(sql`select ${context.dialect.matches(sql`''`, pattern)}`);
    } catch (error) {
      if (!(error instanceof QueryError) || error.reason !== 'invalid') throw error;
      throw new QueryError(
        'invalid',
        `the filter ${filter.field} ${filter.operator} ${JSON.stringify(pattern)} is no regular expression: ${error.message}`,
        'Expressions are those of RE2, without look-ahead and back-references, and match the whole value.',
        error,
      );
    }
  }
}

function condition(
  field: Field,
  filter: Filter,
  test: Test,
  place: Place,
  dialect: Dialect,
  access: Access,
): Sql {
  switch (field.kind) {
    case 'text':
      return textCondition(field.column, field.nullable, test, dialect);
    case 'severity':
      return severityCondition(field.column, test, dialect);
    case 'number':
      return numberCondition(field.column, filter, test);
    case 'uuid':
      return fingerprintCondition(field.column, filter, test, dialect);
    case 'set':
      return setCondition(field.key, field.rows, test, dialect);
    case 'ofScope': {
      const such = textCondition(ident(`sc.${field.column}`), true, test, dialect);
      return lookedUp(field.scope, sql`select sc.scope from scope sc where true`, such, test, dialect);
    }
    case 'ofFinding': {
      const such = conditionFor({ relation: 'finding', alias: 'fi' }, filter, dialect, access);
      const seen = sql`select fi.fingerprint from finding fi where ${visible(access, 'fi')}`;
      return lookedUp(field.fingerprint, seen, such, test, dialect);
    }
    case 'search':
      return searchCondition(ident(place.finding ?? place.alias), filter, test, dialect);
  }
}

function not(negated: boolean, condition: Sql): Sql {
  return negated ? sql`(not ${condition})` : condition;
}

function severityCondition(column: Sql, test: Test, dialect: Dialect): Sql {
  if (test.kind === 'matches') return textCondition(column, false, test, dialect);
  const values = test.values.map(severityNamed);
  if (test.kind === 'in') return textCondition(column, false, { ...test, values }, dialect);
  const than = severityRank(values[0] ?? 'INFORMATIONAL');
  const fits = (severity: Severity): boolean =>
    test.kind === 'above' ? severityRank(severity) > than : severityRank(severity) < than;
  return isIn(column, SEVERITIES.filter(fits));
}

function severityNamed(value: string): Severity {
  const name = value.toUpperCase();
  if (isSeverity(name)) return name;
  throw new QueryError(
    'invalid',
    `the filter severity has ${JSON.stringify(value)}, which is no severity`,
    `Use ${SEVERITIES.join(', ')}.`,
  );
}

function numberCondition(column: Sql, { field, operator }: Filter, test: Test): Sql {
  const numbers = test.values.map((value) => (value.trim() === '' ? Number.NaN : Number(value)));
  if (test.kind === 'matches' || numbers.some((number) => !Number.isFinite(number)))
    throw new QueryError(
      'invalid',
      `the filter ${field} ${operator} ${JSON.stringify(firstOf(test))} can't be: ${field} is a number`,
      'Use =, !=, in, notIn, > or < with numbers.',
    );
  if (test.kind === 'in') return not(test.negated, isIn(column, numbers));
  return test.kind === 'above' ? sql`${column} > ${numbers[0] ?? 0}` : sql`${column} < ${numbers[0] ?? 0}`;
}

const HEX_32 = /^[0-9a-f]{32}$/;
const dashless = (text: string): string => text.replaceAll('-', '').toLowerCase();

function fingerprintCondition(column: Sql, filter: Filter, test: Test, dialect: Dialect): Sql {
  if (test.kind !== 'in') return textCondition(dialect.uuidText(column), false, test, dialect);
  const fingerprints = test.values.map((value) => {
    const hex = dashless(value);
    if (HEX_32.test(hex)) return sql`cast(${dashed(hex)} as uuid)`;
    throw new QueryError(
      'invalid',
      `the filter ${filter.field} has ${JSON.stringify(value)}, which is no fingerprint`,
      'A fingerprint has 32 hex digits; use =~ or `search` for a part of one.',
    );
  });
  return sql`${column} ${test.negated ? sql`not in` : sql`in`} (${join(fingerprints)})`;
}

function dashed(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function setCondition(key: Sql, rows: Sql, test: Test, dialect: Dialect): Sql {
  const such = textCondition(sql`s.value`, false, { ...test, negated: false }, dialect);
  const has = sql`${key} in (select s.key from ${rows} s where ${such})`;
  const hasNone = sql`${key} not in (select s.key from ${rows} s)`;
  return not(test.negated, any([has, ...whenNone(test, dialect).map((fits) => all([fits, hasNone]))]));
}

/** Conditions under which having no value fits: none where that can't be. */
function whenNone(test: Test, dialect: Dialect): readonly Sql[] {
  switch (test.kind) {
    case 'in':
      return test.values.includes('') ? [sql`true`] : [];
    case 'matches':
      return [dialect.matches(sql`''`, firstOf(test))];
    case 'below':
      return firstOf(test) === '' ? [] : [sql`true`];
    case 'above':
      return [];
  }
}

/** What is not there to be looked up (a finding that has another name now) counts as one that has no value. */
function lookedUp(key: Sql, rows: Sql, such: Sql, test: Test, dialect: Dialect): Sql {
  const has = sql`${key} in (${rows} and ${such})`;
  const hasOrIsNot = sql`${key} not in (${rows} and not ${such})`;
  const [fits] = whenNone(test, dialect);
  if (fits === undefined) return test.negated ? hasOrIsNot : has;
  if (test.kind !== 'matches') return test.negated ? has : hasOrIsNot;
  // Only the engine knows whether an expression fits "".
  return sql`(case when ${not(test.negated, fits)} then ${hasOrIsNot} else ${has} end)`;
}

function searchCondition(alias: Sql, filter: Filter, test: Test, dialect: Dialect): Sql {
  if (test.kind === 'above' || test.kind === 'below')
    throw new QueryError(
      'invalid',
      `search can't be compared by ${filter.operator}`,
      'Use =, !=, in, notIn, =~ or !~.',
    );
  const texts = [sql`${alias}.title`, sql`${alias}.rule`, sql`${alias}.resource`];
  const fingerprint = sql`${alias}.fingerprint`;
  const parts =
    test.kind === 'matches'
      ? [...texts, dialect.uuidText(fingerprint)].map((text) => dialect.matches(text, firstOf(test)))
      : test.values.flatMap((value) => [
          ...texts.map((text) => dialect.contains(text, value)),
          ...partOfFingerprint(fingerprint, value, dialect),
        ]);
  return not(test.negated, any(parts));
}

/** Only where it can be one: to write a million fingerprints as text takes longer than all the rest. */
function partOfFingerprint(fingerprint: Sql, value: string, dialect: Dialect): readonly Sql[] {
  const hex = dashless(value);
  if (HEX_32.test(hex)) return [sql`${fingerprint} = cast(${dashed(hex)} as uuid)`];
  return /^[0-9a-f]{4,31}$/.test(hex) ? [dialect.contains(dialect.uuidText(fingerprint), hex)] : [];
}
