/**
 * Table functions that only make rows, or tell of tables. DuckDB has others that a SELECT may call all the same: they switch on its
 * log (to standard output, or to a file that no later statement may open, and then none works any more), write profiles and
 * checkpoints, or run what stands in a text. What a later version brings is refused until it is named here.
 */
const HARMLESS: ReadonlySet<string> = new Set([
  'range',
  'generate_series',
  'unnest',
  'repeat',
  'repeat_row',
  'json_each',
  'json_tree',
  'histogram',
  'histogram_values',
  'duckdb_columns',
  'duckdb_functions',
  'duckdb_tables',
  'duckdb_types',
  'pragma_table_info',
  'pg_timezone_names',
]);

/**
 * What a user's statement calls and must not; null where there is nothing of that kind.
 * @param statement what `json_serialize_sql` makes of it, parsed
 */
export function forbiddenFunction(statement: unknown): string | null {
  // Not by recursion: statements may be nested deeper than the stack.
  const unread = [statement];
  for (let node = unread.pop(); node !== undefined; node = unread.pop()) {
    if (typeof node !== 'object' || node === null) continue;
    if ('type' in node && node.type === 'TABLE_FUNCTION') {
      const name = nameOf('function' in node ? node.function : null);
      if (!HARMLESS.has(name)) return name;
    }
    for (const inner of Object.values(node))
      if (typeof inner === 'object' && inner !== null) unread.push(inner);
  }
  return null;
}

function nameOf(called: unknown): string {
  if (typeof called !== 'object' || called === null || !('function_name' in called)) return '';
  return String(called.function_name).toLowerCase();
}

/** Whether it is a SELECT at all: of anything else `json_serialize_sql` tells an error. */
export function isSelect(statement: unknown): boolean {
  return (
    typeof statement === 'object' && statement !== null && 'error' in statement && statement.error === false
  );
}
