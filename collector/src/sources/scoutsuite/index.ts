import { ReportError } from '../../errors.ts';
import type { ScopeReport } from '../../findings/model.ts';
import type { ReadOptions, ReportInput, SourceAdapter } from '../adapter.ts';
import { readFailures, type Failures } from './companion.ts';
import { ReportReader } from './reader.ts';
import { scopesOf } from './scopes.ts';

const ASSIGNMENT = /^\s*scoutsuite_results\s*=\s*/;
const HEAD_BYTES = 4096;

/** Keys that no other report has together, in whatever order they come. */
function looksLikeResults(head: string): boolean {
  const has = (key: string): boolean => head.includes(`"${key}"`);
  if (has('last_run') && (has('ruleset_name') || has('ruleset_about') || has('run_parameters'))) return true;
  if (has('provider_code') && (has('account_id') || has('last_run') || has('services'))) return true;
  return has('services') && has('flagged_items') && has('checked_items');
}

/** Where the JSON starts: behind `scoutsuite_results =`, or at the first brace. */
function startOf(input: ReportInput): number {
  const bytes = Buffer.alloc(HEAD_BYTES);
  const length = input.readAt(bytes, 0);
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const head = bytes.toString('latin1', mark, length);
  const assignment = ASSIGNMENT.exec(head);
  const start = assignment === null ? head.search(/\S/) : assignment[0].length;
  if (head[start] === '{') return mark + start;
  throw new ReportError(
    'wrong_shape',
    `${input.name}: a ScoutSuite report is one JSON object, here is something else`,
    'Give the file scoutsuite_results_*.js as ScoutSuite wrote it.',
    mark + Math.max(0, start),
  );
}

/** Nothing but white space and semicolons may follow: two reports in one file would be half read. */
function checkEnd(input: ReportInput, end: number): void {
  const bytes = Buffer.alloc(HEAD_BYTES);
  for (let position = end; ;) {
    const length = input.readAt(bytes, position);
    if (length <= 0) return;
    const rest = bytes.toString('latin1', 0, length).search(/[^\s;]/);
    if (rest >= 0) {
      throw new ReportError(
        'malformed',
        `${input.name}: the report is followed by something else`,
        'Give one report per file, as the scanner wrote it.',
        position + rest,
      );
    }
    position += length;
  }
}

function readReport(input: ReportInput, options: ReadOptions): readonly ScopeReport[] {
  const reader = new ReportReader(input, startOf(input), options);
  const document = reader.read();
  checkEnd(input, reader.end);
  if (options.companion === undefined) return scopesOf(document, null, [], 'complete');
  const names = new Set(document.services.map(({ name }) => name));
  let failures: Failures;
  try {
    failures = readFailures(options.companion, names);
  } catch (error) {
    if (!(error instanceof ReportError)) throw error;
    // Services failed, and nobody can say which: nothing may be closed.
    return scopesOf(
      document,
      null,
      [`the list of the scan's errors can't be read: ${error.message}`],
      'partial',
    );
  }
  if (failures.unknown === null) return scopesOf(document, failures, [], 'complete');
  return scopesOf(
    document,
    failures,
    [`a call failed, and nobody can say in which service: ${failures.unknown}`],
    'partial',
  );
}

export const scoutsuite: SourceAdapter = {
  id: 'scoutsuite',
  title: 'ScoutSuite',
  formats: ['scoutsuite_results_*.js of ScoutSuite 5 (AWS, Azure, GCP and others)', 'the same as plain JSON'],
  identity: 'scoutsuite/1',
  about: {
    mode: 'snapshot',
    scope: 'the provider; the AWS account, Azure subscription or GCP project',
    identity: 'region, rule, resource, and the part of the resource that the item names',
    closes: 'a service was read without an error and the item is gone',
    severity: 'danger HIGH, warning MEDIUM',
  },
  detect: (head) => ASSIGNMENT.test(head) || (head.startsWith('{') && looksLikeResults(head)),
  // Parsing is synchronous; what it throws belongs to the promise.
  read: (input, options) => new Promise((resolve) => resolve(readReport(input, options))),
};
