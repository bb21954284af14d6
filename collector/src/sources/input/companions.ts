/**
 * ScoutSuite writes two files: scoutsuite_results_NAME.js and scoutsuite_errors_NAME.json (or .js). The second says which
 * services failed, and is no report of its own.
 */
const FILE = /(^|[/\\])scoutsuite_(results|errors)(_[^/\\]*?)?\.(?:js|json)(?:\.gz|\.zst)?$/;
const ENDINGS = ['.json', '.js', '.json.gz', '.js.gz', '.json.zst', '.js.zst'];

/** Names that the errors of a report may have; none where it is no report of ScoutSuite. */
export function companionNames(name: string): string[] {
  const match = FILE.exec(name);
  if (match?.[2] !== 'results') return [];
  const stem = `${name.slice(0, match.index)}${match[1] ?? ''}scoutsuite_errors${match[3] ?? ''}`;
  return ENDINGS.map((ending) => stem + ending);
}

export function isCompanion(name: string): boolean {
  return FILE.exec(name)?.[2] === 'errors';
}
