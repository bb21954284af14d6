import { ReportError } from '../../errors.ts';

/** `index` counts from 0, over all documents of the file. */
export function wrongElement(name: string, index: number, offset: number, problem: string): ReportError {
  return new ReportError(
    'wrong_shape',
    `${name}: element ${index} is no result of a Prowler check: ${problem}`,
    'Give the file as Prowler wrote it, one format and one product per file.',
    offset,
  );
}

export function notProwler(name: string): ReportError {
  return new ReportError(
    'wrong_shape',
    `${name}: this is not a report of Prowler`,
    'Give a file that Prowler wrote: JSON-OCSF, CSV, JSON-ASFF, or the JSON of versions 2 and 3.',
  );
}

export function emptyReport(name: string): ReportError {
  return new ReportError(
    'empty',
    `${name}: the file is empty`,
    'Prowler writes no JSON at all when it has no results or dies: look at its exit status and log.',
  );
}

export function cutOff(name: string, offset: number): ReportError {
  return new ReportError(
    'truncated',
    `${name}: the report ends in the middle`,
    'The scan or the copy was cut off; run the scan again, or copy the whole file.',
    offset,
  );
}

export function commaMissing(name: string, offset: number): ReportError {
  return new ReportError(
    'malformed',
    `${name}: this is no JSON: "," or the end of the list should be here`,
    'Check that the file is the report as Prowler wrote it, not edited or mixed with other output.',
    offset,
  );
}
