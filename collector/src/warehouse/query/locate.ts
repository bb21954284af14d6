import type { Fingerprint, Scope } from '../../findings/model.ts';
import { any, join, type Sql, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import { visible } from './visible.ts';

export interface Located {
  readonly fingerprint: Fingerprint;
  readonly scope: Scope;
}

const DIGITS = 32;
/** Parameters of one statement. */
const AT_ONCE = 1_000;

/** The findings, of those that the caller may see, whose fingerprints begin with one of `prefixes` (hexadecimal). */
export async function locateFindings(
  { run, dialect, access }: QueryContext,
  prefixes: readonly string[],
): Promise<Located[]> {
  const found: Located[] = [];
  for (let from = 0; from < prefixes.length; from += AT_ONCE) {
    const wanted = anyOf(prefixes.slice(from, from + AT_ONCE));
    const { rows } = await run(
      sql`select ${dialect.uuidText(sql`f.fingerprint`)}, f.scope from finding f where ${visible(access, 'f')} and ${wanted}`,
    );
    for (const [fingerprint, scope] of rows)
      found.push({ fingerprint: String(fingerprint), scope: String(scope) });
  }
  return found;
}

function anyOf(prefixes: readonly string[]): Sql {
  const whole = prefixes.filter((prefix) => prefix.length === DIGITS);
  const parts = prefixes.filter((prefix) => prefix.length < DIGITS);
  // As ranges: a comparison of texts would read and write out every fingerprint there is.
  const ranges = parts.map(
    (prefix) =>
      sql`f.fingerprint between ${uuid(prefix.padEnd(DIGITS, '0'))} and ${uuid(prefix.padEnd(DIGITS, 'f'))}`,
  );
  const list = whole.length === 0 ? [] : [sql`f.fingerprint in (${join(whole.map(uuid))})`];
  return any([...list, ...ranges]);
}

function uuid(digits: string): Sql {
  return sql`cast(${digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')} as uuid)`;
}

export interface EstateSize {
  readonly findings: number;
  readonly scopes: number;
  /** When the newest complete run looked, milliseconds; null where there is none. */
  readonly newestRunAt: number | null;
}

/** How much a caller sees, and how old it is. */
export async function estateSize({ run, access }: QueryContext): Promise<EstateSize> {
  const { rows } = await run(
    sql`select (select count(*) from finding f where ${visible(access, 'f')}), count(*), max(s.last_complete_at) from scope s where ${visible(access, 's')}`,
  );
  const [findings = 0, scopes = 0, newest = null] = rows[0] ?? [];
  return {
    findings: Number(findings),
    scopes: Number(scopes),
    newestRunAt: newest === null ? null : Number(newest),
  };
}
