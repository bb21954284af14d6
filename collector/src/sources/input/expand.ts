import * as fs from 'node:fs';
import * as path from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { ReportError } from '../../errors.ts';
import { unreadable } from './basic.ts';

export interface FoundPath {
  readonly path: string;
  /** Named on the command line, and not found in a folder: so it must be a report. */
  readonly named: boolean;
}

export interface ExpandOptions {
  readonly cwd?: string;
}

async function walk(pattern: string, cwd: string, base: string): Promise<string[]> {
  const found = await glob(pattern, {
    cwd,
    dot: false,
    onlyFiles: true,
    followSymbolicLinks: false,
    expandDirectories: false,
  });
  return found.map((file) => path.join(base, file)).sort();
}

/**
 * The files that one argument stands for: itself, everything in a folder (recursively, sorted, hidden ones left out),
 * or what a glob matches.
 * @throws ReportError `not_found` when it stands for nothing
 */
export async function expandPath(argument: string, options: ExpandOptions = {}): Promise<FoundPath[]> {
  if (argument === '-') return [{ path: argument, named: true }];
  if (argument.trim() === '') {
    // Of a variable that is not set, mostly: it would be the folder one is in, with all below it.
    throw new ReportError(
      'not_found',
      'a path is empty',
      'Name a file or folder, or `.` for the one you are in.',
    );
  }
  const cwd = options.cwd ?? process.cwd();
  let stat: fs.Stats | undefined;
  try {
    stat = fs.statSync(path.resolve(cwd, argument), { throwIfNoEntry: false });
  } catch (error) {
    throw unreadable(argument, error);
  }
  if (stat?.isDirectory() === true) {
    const files = await walk('**/*', path.resolve(cwd, argument), argument);
    if (files.length > 0) return files.map((file) => ({ path: file, named: false }));
    throw new ReportError(
      'not_found',
      `${argument}: there is no file in this folder`,
      'Give the folder that the scanner wrote to.',
    );
  }
  if (stat !== undefined) return [{ path: argument, named: true }];
  if (!isDynamicPattern(argument))
    throw unreadable(argument, Object.assign(new Error('missing'), { code: 'ENOENT' }));
  const files = await walk(argument, cwd, '');
  if (files.length > 0) return files.map((file) => ({ path: file, named: true }));
  throw new ReportError(
    'not_found',
    `${argument}: no file matches`,
    'Check the pattern and the folder you are in.',
  );
}

/**
 * The files that the arguments stand for, each once, in the order given.
 * @throws ReportError `not_found` when one of them stands for nothing
 */
export async function expandPaths(
  args: readonly string[],
  options: ExpandOptions = {},
): Promise<FoundPath[]> {
  const found = new Map<string, FoundPath>();
  for (const argument of args) {
    for (const file of await expandPath(argument, options)) {
      const key = path.resolve(options.cwd ?? '.', file.path);
      if (!found.has(key)) found.set(key, file);
    }
  }
  return [...found.values()];
}
