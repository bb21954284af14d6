import { ReportError, UsageError } from '../errors.ts';
import type { SourceId } from '../findings/model.ts';
import type { ReportInput, SourceAdapter } from './adapter.ts';
import { headOf } from './input/head.ts';
import { peekJson } from './json/peek.ts';
import { adapters } from './registry.ts';

/** What can be read, for error messages: of one source its formats, `Prowler (…; …)`; of many their names, as a page of text helps nobody. */
export function readableFormats(among: readonly SourceAdapter[] = adapters): string {
  const [only, ...others] = among;
  if (only !== undefined && others.length === 0) return `${only.title} (${only.formats.join('; ')})`;
  return `${among.map(({ title }) => title).join(', ')} (docs/sources.md says which formats)`;
}

function among(only: SourceId | undefined, all: readonly SourceAdapter[]): readonly SourceAdapter[] {
  if (only === undefined) return all;
  const chosen = all.filter(({ id }) => id === only);
  if (chosen.length > 0) return chosen;
  throw new UsageError(`there is no source ${only}`, `Choose one of ${all.map(({ id }) => id).join(', ')}.`);
}

/** `findings` for `{"findings": []}`, as APIs answer that have nothing to tell; a token for the next page may stand beside it. */
function emptyListOf(head: string): string | null {
  const peek = peekJson(head);
  if (peek?.kind !== 'object') return null;
  const lists = [...peek.members].filter(([name]) => !/^nextToken$/i.test(name));
  const [[name, value] = ['', ''], ...others] = lists;
  return value === '[' && others.length === 0 && !peek.below.has(`${name}[]`) ? name : null;
}

/**
 * The source of a report, judged by its content; with `only`, that source if it is one of its reports.
 * @throws ReportError `empty`, `unknown_format`, `wrong_shape` (a web page; more than one source claims it);
 *   UsageError when there is no source `only`
 */
export function detectSource(
  input: ReportInput,
  only?: SourceId,
  all: readonly SourceAdapter[] = adapters,
): SourceAdapter {
  const candidates = among(only, all);
  const head = headOf(input);
  if (head === '') {
    throw new ReportError(
      'empty',
      `${input.name}: the report is empty`,
      'A scan without findings writes a report, too; check whether the scan failed.',
    );
  }
  const matching = candidates.filter((adapter) => adapter.detect(head));
  const [first, ...others] = matching;
  if (first !== undefined && others.length === 0) return first;
  if (first !== undefined) {
    throw new ReportError(
      'wrong_shape',
      `${input.name}: this may be a report of ${matching.map(({ title }) => title).join(' or ')}`,
      `Say which with --source ${matching.map(({ id }) => id).join(' or --source ')}.`,
    );
  }
  if (/^<(?:!doctype\s+html|html)\b/i.test(head)) {
    throw new ReportError(
      'unknown_format',
      `${input.name}: this is an HTML page, not a report`,
      'Perhaps a login or error page was saved instead of the report; ScoutSuite’s data lie in scoutsuite-results/*.js.',
    );
  }
  const empty = emptyListOf(head);
  const possible = candidates.filter(({ lists }) => empty !== null && lists?.includes(empty) === true);
  if (possible.length > 0) {
    const [named] = possible;
    if (only !== undefined && named !== undefined) return named;
    throw new ReportError(
      'unknown_format',
      `${input.name}: an empty list (${empty}), which does not tell what wrote it`,
      `Say which with --source: ${possible.map(({ id }) => id).join(', ')}.`,
    );
  }
  throw new ReportError(
    'unknown_format',
    only === undefined ? `${input.name}: no report that can be read` : `${input.name}: no report of ${only}`,
    `What can be read: ${readableFormats(candidates)}.`,
  );
}
