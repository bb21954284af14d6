import type { Access } from '../access.ts';
import type { Dialect } from '../dialect.ts';
import type { Sql } from '../sql.ts';
import type { Value } from './result.ts';
import type { Range } from './request.ts';

/** Rows of an answer, by column. BIGINT and HUGEINT come as number, UUID and everything else as text. */
export interface Rows {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly Value[])[];
}

/** Runs one statement on a snapshot of the warehouse. @throws SightlineError when it takes too long or was cancelled */
export type Run = (statement: Sql, options?: { readonly maxRows?: number }) => Promise<Rows>;

/** What every query gets beside itself. `run` remembers the statements in `statements`. */
export interface QueryContext {
  readonly run: Run;
  readonly dialect: Dialect;
  readonly range: Range;
  /** Applied to every relation: rows outside of it do not exist for the caller. */
  readonly access: Access;
  /** The clock: ages of what is open now, and what `now` is. */
  readonly now: number;
  readonly statements: readonly string[];
}
