import { type Sql, sql } from '../sql.ts';
import { FORMULAS } from './formulas.ts';
import type { Measure } from './measures.ts';

/**
 * A measure of findings as an expression over its terms, to order groups by where they are: formulas.ts says what it is, and
 * this only has to grow and be null as it does.
 */
export function rankOf(measure: Measure, term: (name: string) => Sql): Sql {
  const [first = '', second = ''] = FORMULAS[measure].terms;
  const quotient = (above: Sql, below: Sql): Sql => sql`(cast(${above} as double) / nullif(${below}, 0))`;
  if (measure === 'overdue') return sql`(${term(first)} + ${term(second)})`;
  if (measure === 'mttr' || measure === 'reopenRate') return quotient(term(first), term(second));
  if (measure === 'slaCompliance') return quotient(term(first), sql`(${term(first)} + ${term(second)})`);
  // The earlier their clocks began, the older they are.
  if (measure === 'age') return sql`(-${quotient(term('d_clock'), term('d_open'))})`;
  return term(first);
}
