/**
 * ScoutSuite writes two files: scoutsuite_results_NAME.js and scoutsuite_errors_NAME.json (or .js). The second says which
 * services failed, and is no report of its own.
 */
const FILE = /(^|[/\\])scoutsuite_(results|errors)(_[^/\\]*?)?\.(?:js|json)(?:\.gz|\.zst)?$/;
const ENDINGS = ['.json', '.js', '.json.gz', '.js.gz', '.json.zst', '.js.zst'];

/** Prowler says which calls failed in its log only: NAME.log (`--log-file`) beside NAME.ocsf.json (`--output-filename NAME`). */
const PROWLER = /^(.*?)\.(?:ocsf\.json|asff\.json)(?:\.gz|\.zst)?$/;
const PROWLER_CSV = /^((?:.*[/\\])?prowler[^/\\]*?)\.csv(?:\.gz|\.zst)?$/;
const LOG_ENDINGS = ['.log', '.log.gz', '.log.zst'];

/** Names that what belongs to a report may have; none where it is no report that something belongs to. */
export function companionNames(name: string): string[] {
  const match = FILE.exec(name);
  if (match?.[2] === 'results') {
    const stem = `${name.slice(0, match.index)}${match[1] ?? ''}scoutsuite_errors${match[3] ?? ''}`;
    return ENDINGS.map((ending) => stem + ending);
  }
  const stem = (PROWLER.exec(name) ?? PROWLER_CSV.exec(name))?.[1];
  return stem === undefined ? [] : LOG_ENDINGS.map((ending) => stem + ending);
}

/** Whether it is never a report, judged by its name; a log may be one (Falco's), unless a report claims it. */
export function isCompanion(name: string): boolean {
  return FILE.exec(name)?.[2] === 'errors';
}

/** A log to which nothing was written says that nothing failed; an empty list of errors was not written to its end. */
export function mayBeEmpty(name: string): boolean {
  return LOG_ENDINGS.some((ending) => name.endsWith(ending));
}
