import type { Dialect } from '../dialect.ts';
import { QueryError } from '../engine.ts';
import { isIn, type Sql, sql, type SqlValue } from '../sql.ts';
import type { Filter, Operator } from './request.ts';

/** One operator on one column, where null is the same as "". */

/** What is asked, put as one of these five and whether it must not hold. */
export interface Test {
  readonly kind: 'in' | 'matches' | 'above' | 'below';
  readonly values: readonly string[];
  readonly negated: boolean;
}

const KIND: Readonly<Record<Operator, Pick<Test, 'kind' | 'negated'>>> = {
  '=': { kind: 'in', negated: false },
  '!=': { kind: 'in', negated: true },
  in: { kind: 'in', negated: false },
  notIn: { kind: 'in', negated: true },
  '=~': { kind: 'matches', negated: false },
  '!~': { kind: 'matches', negated: true },
  '>': { kind: 'above', negated: false },
  '<': { kind: 'below', negated: false },
};

/** @throws QueryError where the operator takes one value and there are several */
export function testOf({ field, operator, values }: Filter): Test {
  if (operator !== 'in' && operator !== 'notIn' && values.length !== 1)
    throw new QueryError(
      'invalid',
      `the filter ${field} ${operator} has ${values.length} values`,
      'Give it one value, or use `in` or `notIn`.',
    );
  return { ...KIND[operator], values };
}

export function firstOf(test: Test): string {
  return test.values[0] ?? '';
}

/** Never null, so that `not` of it is its opposite. */
export function textCondition(column: Sql, nullable: boolean, test: Test, dialect: Dialect): Sql {
  if (test.kind === 'in') return oneOf(column, nullable, test.values, test.negated);
  const text = nullable ? sql`coalesce(${column}, '')` : column;
  switch (test.kind) {
    case 'matches': {
      const matches = dialect.matches(text, firstOf(test));
      return test.negated ? sql`not ${matches}` : matches;
    }
    case 'above':
      return sql`${text} > ${firstOf(test)}`;
    case 'below':
      return sql`${text} < ${firstOf(test)}`;
  }
}

/** Without `coalesce`, behind which an engine can't see that a block has nothing of it. */
function oneOf(column: Sql, nullable: boolean, values: readonly SqlValue[], negated: boolean): Sql {
  const [only] = values;
  const equal = values.length === 1 ? sql`${column} = ${only ?? null}` : isIn(column, values);
  const different = values.length === 1 ? sql`${column} <> ${only ?? null}` : sql`not ${equal}`;
  if (!nullable) return negated ? different : equal;
  if (values.includes(''))
    return negated ? sql`(${column} is not null and ${different})` : sql`(${column} is null or ${equal})`;
  return negated ? sql`(${column} is null or ${different})` : sql`(${column} is not null and ${equal})`;
}
