import type { Access } from '../access.ts';
import { all, any, ident, isIn, type Sql, sql } from '../sql.ts';

/**
 * The rows of a relation that a caller may see. Every query puts it into every relation that it reads; the relation has
 * `cloud`, `account` and `team` (history, cube, finding, check_stat, scope, expected_scope).
 * @param alias of the relation in the statement
 */
export function visible(access: Access, alias: string): Sql {
  const conditions: Sql[] = [];
  const { accounts, teams } = access;
  if (accounts !== null) {
    const account = ident(`${alias}.account`);
    const whole = sql`concat(${ident(`${alias}.cloud`)}, '/', ${account})`;
    conditions.push(any([isIn(account, accounts), isIn(whole, accounts)]));
  }
  if (teams !== null) conditions.push(isIn(ident(`${alias}.team`), teams));
  return all(conditions);
}

/** The same for a relation that has no team but a scope (run): the team is the scope's. */
export function visibleByScope(access: Access, alias: string): Sql {
  if (access.accounts === null && access.teams === null) return sql`true`;
  return sql`${ident(`${alias}.scope`)} in (select s.scope from scope s where ${visible(access, 's')})`;
}
