import { ReportError } from '../../errors.ts';

/** @param whose the tool, as its users call it */
export function wrongShape(name: string, whose: string, problem: string, offset?: number): ReportError {
  return new ReportError(
    'wrong_shape',
    `${name}: this looks like a report of ${whose}, but ${problem}`,
    `Give the file as ${whose} wrote it, whole and unchanged.`,
    offset,
  );
}

export function tooMany(name: string, what: string, most: number): ReportError {
  return new ReportError(
    'too_large',
    `${name}: more than ${most} ${what} in one report`,
    'Scan less at once, or check where the file comes from.',
  );
}
