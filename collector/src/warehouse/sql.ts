/**
 * SQL in small pieces that fit together. Whatever goes into a `${}` is either another piece or a value, and a value is
 * always a parameter: no text of a user or of a report ever becomes part of a statement.
 */

/** A value to bind. Whole numbers bind as BIGINT, so that comparing them with a column still skips blocks. */
export type SqlValue = string | number | bigint | boolean | null;

export class Sql {
  readonly strings: readonly string[];
  readonly values: readonly (SqlValue | Sql)[];

  constructor(strings: readonly string[], values: readonly (SqlValue | Sql)[]) {
    this.strings = strings;
    this.values = values;
  }
}

export function sql(strings: TemplateStringsArray, ...values: readonly (SqlValue | Sql)[]): Sql {
  return new Sql(strings, values);
}

export const EMPTY = new Sql([''], []);

/** The name of a column or table of ours. @throws RangeError for anything that does not look like one */
export function ident(name: string): Sql {
  if (!/^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/.test(name)) throw new RangeError(`${name} is no column`);
  return new Sql([name], []);
}

/** Pieces with `separator` between them; nothing for none. */
export function join(parts: readonly (Sql | SqlValue)[], separator = ', '): Sql {
  if (parts.length === 0) return EMPTY;
  return new Sql(['', ...parts.slice(1).map(() => separator), ''], parts);
}

/** All of the conditions; true where there are none. */
export function all(conditions: readonly Sql[]): Sql {
  return conditions.length === 0 ? sql`true` : sql`(${join(conditions, ' and ')})`;
}

/** Any of the conditions; false where there are none. */
export function any(conditions: readonly Sql[]): Sql {
  return conditions.length === 0 ? sql`false` : sql`(${join(conditions, ' or ')})`;
}

/** `column in (…)`; false for an empty list. */
export function isIn(column: Sql, values: readonly SqlValue[]): Sql {
  return values.length === 0 ? sql`false` : sql`${column} in (${join(values)})`;
}

export interface Statement {
  readonly text: string;
  readonly params: readonly SqlValue[];
}

/** @param placeholder how the dialect writes parameter n, counted from 1 */
export function render(piece: Sql, placeholder: (n: number) => string = (n) => `$${n}`): Statement {
  const params: SqlValue[] = [];
  let text = '';
  const write = ({ strings, values }: Sql): void => {
    for (const [index, part] of strings.entries()) {
      text += part;
      if (index >= values.length) continue;
      const value = values[index] ?? null;
      if (value instanceof Sql) write(value);
      else {
        params.push(value);
        text += placeholder(params.length);
      }
    }
  };
  write(piece);
  return { text, params };
}
