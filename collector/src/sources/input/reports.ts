import * as fs from 'node:fs';
import * as path from 'node:path';
import { ReportError } from '../../errors.ts';
import type { ReportInput } from '../adapter.ts';
import { unreadable } from './basic.ts';
import { companionNames, isCompanion, mayBeEmpty } from './companions.ts';
import { packingOf } from './decompress.ts';
import { expandPath, type FoundPath } from './expand.ts';
import type { InputLimits } from './limits.ts';
import { limitsOf, openFile, type OpenOptions, openSource, unwrap } from './open.ts';
import { Budget } from './spool.ts';
import { openZip, type ZipEntry } from './zip.ts';

/** A report that was opened, or why it could not be: exactly one of `input` and `error` is there. */
export interface OpenedReport {
  /** For messages: the path, `archive.zip:entry`, or `standard input`. */
  readonly name: string;
  /** The file that was given, null for standard input. */
  readonly path: string | null;
  /** Named by the user, rather than found in a folder or an archive that may hold other things, too. */
  readonly named: boolean;
  readonly input?: ReportInput;
  /** What belongs to it: the errors of a ScoutSuite scan, the log of a Prowler scan. */
  readonly companion?: ReportInput;
  readonly error?: ReportError;
}

export interface OpenReportsOptions extends OpenOptions {
  /** Folder that relative paths and globs start from. */
  readonly cwd?: string;
}

/** Closes what belongs to a report; may be called twice. */
export function closeReport(report: OpenedReport): void {
  report.input?.close();
  report.companion?.close();
}

function errorOf(name: string, error: unknown): ReportError {
  return error instanceof ReportError ? error : unreadable(name, error);
}

function loneCompanion(name: string): ReportError {
  return new ReportError(
    'wrong_shape',
    `${name}: this is the list of errors of a ScoutSuite scan, not its report`,
    'Give scoutsuite_results_*.js; the errors beside it are read with it.',
  );
}

/**
 * Opens everything that the arguments stand for (files, folders, globs, archives, `-`), one after the other. What can't
 * be opened is given with its error and stops nothing else. The caller closes each report with `closeReport`.
 */
export async function* openReports(
  args: readonly string[],
  options: OpenReportsOptions = {},
): AsyncGenerator<OpenedReport> {
  const limits = limitsOf(options);
  const cwd = options.cwd ?? process.cwd();
  const found = new Map<string, FoundPath>();
  for (const argument of args) {
    try {
      for (const file of await expandPath(argument, { cwd })) {
        const key = file.path === '-' ? '-' : path.resolve(cwd, file.path);
        if (!found.has(key)) found.set(key, file);
      }
    } catch (error) {
      yield { name: argument, path: argument, named: true, error: errorOf(argument, error) };
    }
  }
  const attached = new Set([...found.keys()].flatMap(companionNames));
  for (const [absolute, file] of found) {
    if (attached.has(absolute)) continue;
    if (file.path === '-') yield* openStdin(options, limits);
    else if (isCompanion(absolute)) yield* companionAlone(file);
    else yield* openPath(absolute, file, limits);
  }
}

/** The errors of a scan are read with its report; alone they are a mistake, if someone named them. */
function* companionAlone(file: FoundPath): Generator<OpenedReport> {
  if (file.named) yield { name: file.path, path: file.path, named: true, error: loneCompanion(file.path) };
}

async function* openStdin(options: OpenReportsOptions, limits: InputLimits): AsyncGenerator<OpenedReport> {
  const name = 'standard input';
  try {
    const input = await openSource('-', options, limits);
    yield* openAny(input, { name, path: null, named: true }, null, limits);
  } catch (error) {
    yield { name, path: null, named: true, error: errorOf(name, error) };
  }
}

type Label = Pick<OpenedReport, 'name' | 'path' | 'named'>;

async function* openPath(
  absolute: string,
  file: FoundPath,
  limits: InputLimits,
): AsyncGenerator<OpenedReport> {
  const label: Label = { name: file.path, path: file.path, named: file.named };
  let input: ReportInput;
  try {
    input = renamed(await openFile(absolute, limits), file.path);
  } catch (error) {
    yield { ...label, error: withName(errorOf(file.path, error), absolute, file.path) };
    return;
  }
  yield* openAny(input, label, absolute, limits);
}

/** Messages show paths as they were given. */
function renamed(input: ReportInput, name: string): ReportInput {
  return { ...input, name };
}

function withName(error: ReportError, from: string, to: string): ReportError {
  return new ReportError(
    error.code,
    error.message.replace(from, () => to),
    error.hint,
    undefined,
    error.cause,
  );
}

async function* openAny(
  input: ReportInput,
  label: Label,
  absolute: string | null,
  limits: InputLimits,
): AsyncGenerator<OpenedReport> {
  let zipped: boolean;
  try {
    zipped = packingOf(input) === 'zip';
  } catch (error) {
    input.close();
    yield { ...label, error: errorOf(label.name, error) };
    return;
  }
  if (zipped) {
    yield* openArchive(input, label, limits);
    return;
  }
  try {
    const report = await unwrap(input, limits, new Budget(limits));
    yield await withCompanion({ ...label, input: report }, () => besides(absolute, limits));
  } catch (error) {
    yield { ...label, error: errorOf(label.name, error) };
  }
}

/** A companion that can't be read must not be taken for one that says nothing failed. */
async function withCompanion(
  report: OpenedReport,
  open: () => Promise<ReportInput | null>,
): Promise<OpenedReport> {
  try {
    const companion = await open();
    return companion === null ? report : { ...report, companion };
  } catch (error) {
    report.input?.close();
    throw error;
  }
}

async function besides(absolute: string | null, limits: InputLimits): Promise<ReportInput | null> {
  for (const file of absolute === null ? [] : companionNames(absolute)) {
    if (!fs.existsSync(file)) continue;
    return unlessEmpty(file, async () => unwrap(await openFile(file, limits), limits, new Budget(limits)));
  }
  return null;
}

async function unlessEmpty(name: string, open: () => Promise<ReportInput>): Promise<ReportInput | null> {
  try {
    return await open();
  } catch (error) {
    if (mayBeEmpty(name) && error instanceof ReportError && error.code === 'empty') return null;
    throw error;
  }
}

async function* openArchive(
  archive: ReportInput,
  label: Label,
  limits: InputLimits,
): AsyncGenerator<OpenedReport> {
  try {
    const budget = new Budget(limits);
    const entries = await openZip(archive, limits, budget);
    if (entries.length === 0) {
      throw new ReportError(
        'empty',
        `${archive.name}: there is no file in this archive`,
        'Pack the reports again.',
      );
    }
    const byName = new Map(entries.map((entry) => [entry.name, entry]));
    const attached = new Set(entries.flatMap(({ name }) => companionNames(name)));
    for (const entry of entries) {
      if (attached.has(entry.name) || isCompanion(entry.name)) continue;
      yield await openEntry(entry, byName, label, (one) => openUnpacked(one, limits, budget));
    }
  } catch (error) {
    yield { ...label, error: errorOf(archive.name, error) };
  } finally {
    archive.close();
  }
}

async function openUnpacked(entry: ZipEntry, limits: InputLimits, budget: Budget): Promise<ReportInput> {
  return unwrap(await entry.open(), limits, budget);
}

async function openEntry(
  entry: ZipEntry,
  entries: ReadonlyMap<string, ZipEntry>,
  archive: Label,
  open: (entry: ZipEntry) => Promise<ReportInput>,
): Promise<OpenedReport> {
  const label: Label = { name: `${archive.name}:${entry.name}`, path: archive.path, named: false };
  try {
    const input = await open(entry);
    const companion = companionNames(entry.name)
      .map((name) => entries.get(name))
      .find((one) => one !== undefined);
    return await withCompanion({ ...label, input }, async () =>
      companion === undefined ? null : unlessEmpty(companion.name, () => open(companion)),
    );
  } catch (error) {
    return { ...label, error: errorOf(label.name, error) };
  }
}
