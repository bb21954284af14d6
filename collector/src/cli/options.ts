import { InvalidArgumentError } from 'commander';
import type { LoadedConfig } from '../config/index.ts';
import { UsageError } from '../errors.ts';
import type { EpochMs } from '../findings/model.ts';
import type { ReadingOptions } from '../ingest/ingest.ts';
import type { Place } from '../sources/common/place.ts';
import type { InputLimits, OpenedReport } from '../sources/input/index.ts';
import { adapters } from '../sources/registry.ts';

/** What more than one command reads from its command line. */

export function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('A port is a number from 0 to 65535.');
}

/** The source that was asked for, if any: of those that are known, or that the configuration knows how to read. @throws UsageError */
export function sourceOf(text: string | undefined, { generic }: LoadedConfig): { source?: string } {
  if (text === undefined) return {};
  const known = [...adapters, ...generic].map(({ id }) => id);
  if (known.includes(text)) return { source: text };
  throw new UsageError(
    `there is no source ${JSON.stringify(text.slice(0, 100))}`,
    `Sources are ${known.join(', ')}; \`generic\` in the configuration adds more.`,
  );
}

const INSTANT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2}))?$/;

interface PlaceOptions {
  readonly account?: string;
  readonly region?: string;
  readonly resource?: string;
}

/** Where reports belong that do not say, as the command line has it. */
export function placeOf({ account, region, resource }: PlaceOptions): { place?: Place } {
  if (account === undefined && region === undefined && resource === undefined) return {};
  return {
    place: {
      ...(account === undefined ? {} : { account }),
      ...(region === undefined ? {} : { region }),
      ...(resource === undefined ? {} : { resource }),
    },
  };
}

/** A day (its beginning, UTC) or a moment with its time zone: one without would mean another one on each machine. */
export function instantOf(text: string): EpochMs {
  const at = INSTANT.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(at)) return at;
  throw new InvalidArgumentError('Write it as 2026-11-20 or 2026-11-20T04:00:00Z.');
}

/** What the configuration says of reading reports. */
export function readingOf({ identity, generic }: LoadedConfig): { reading: ReadingOptions } {
  return { reading: { identity, mappings: generic } };
}

export function inputLimits({ limits }: LoadedConfig): Partial<InputLimits> {
  return {
    maxBytes: limits.maxReportBytes,
    maxRatio: limits.maxArchiveRatio,
    maxEntries: limits.maxArchiveEntries,
  };
}

/** The place of a report in an archive; null for a plain file or standard input. */
export function entryOf({ name, path }: Pick<OpenedReport, 'name' | 'path'>): string | null {
  return path === null || name === path ? null : name.slice(path.length + 1);
}

/** `reports.zip!2026-W36/prowler.json`, or the path as it was given. */
export function labelOf(report: Pick<OpenedReport, 'name' | 'path'>): string {
  const entry = entryOf(report);
  return entry === null ? report.name : `${report.path ?? ''}!${entry}`;
}
