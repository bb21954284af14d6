import { isIn, type Sql, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import type { Group } from './result.ts';
import { visible } from './visible.ts';

/** Of so many accounts all names are read: quicker than to ask for each. */
const MANY = 500;

/** Names by id of the accounts that groups are about; none where they are about none. */
export async function namesOfAccounts(
  { run, access }: QueryContext,
  dimensions: readonly string[],
  rows: readonly { readonly group: Group | null }[],
): Promise<ReadonlyMap<string, string>> {
  const index = dimensions.indexOf('account');
  const accounts = [...new Set(rows.map(({ group }) => group?.[index] ?? null))].filter(
    (each) => each !== null,
  );
  if (index < 0 || accounts.length === 0) return new Map();
  const those: Sql = accounts.length > MANY ? sql`true` : isIn(sql`s.account`, accounts);
  const found = await run(sql`select s.account, max(s.account_name) from scope s
    where ${visible(access, 's')} and s.account_name is not null and ${those} group by s.account`);
  return new Map(found.rows.map(([account, name]) => [String(account), String(name)]));
}
