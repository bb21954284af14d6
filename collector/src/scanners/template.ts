import { ScanError } from '../errors.ts';
import type { Target } from './job.ts';

/** What stands in arguments for something that is only known when the scan begins. */
export const PLACEHOLDERS = [
  'account',
  'accountName',
  'cloud',
  'region',
  'target',
  'targets',
  'targetsFile',
  'output',
] as const;
type Placeholder = (typeof PLACEHOLDERS)[number];

export interface Places {
  readonly target: Target;
  readonly regions: readonly string[];
  /** The run's own, removed after it. */
  readonly folder: string;
  /** Folder for reports, in it. */
  readonly output: string;
  /** A file with one target a line. */
  readonly targetsFile: string;
}

const REFERENCE = /\{([A-Za-z]+)\}/g;

/** Placeholders of an argument that nothing stands for; for checking a configuration. */
export function unknownPlaceholders(argument: string): string[] {
  return [...argument.matchAll(REFERENCE)]
    .map(([, name = '']) => name)
    .filter((name) => !PLACEHOLDERS.some((known) => known === name));
}

/**
 * Arguments with their placeholders filled in, each still one argument: nothing that a target is called can become a second one.
 * An argument that is `{targets}` or `{region}` and nothing else becomes one argument for each.
 * @throws ScanError where a placeholder stands for nothing here, or a value would be taken for an option
 */
export function fillIn(argv: readonly string[], places: Places): string[] {
  return argv.flatMap((argument) => {
    if (argument === '{targets}') return valuesOf(places.target).map(harmless);
    if (argument === '{region}') return places.regions.map(harmless);
    const filled = argument.replace(REFERENCE, (whole, name: string) => {
      const known = PLACEHOLDERS.find((one) => one === name);
      return known === undefined ? whole : valueOf(known, places);
    });
    return argument.startsWith('{') ? harmless(filled) : filled;
  });
}

function valueOf(name: Placeholder, { target, regions, output, targetsFile }: Places): string {
  switch (name) {
    case 'output':
      return output;
    case 'targetsFile':
      return targetsFile;
    case 'targets':
      return valuesOf(target).join(',');
    case 'region':
      return regions.join(',');
    case 'target':
      return valuesOf(target)[0] ?? missing(name);
    case 'account':
      return target.kind === 'account' ? target.account.account : missing(name);
    case 'accountName':
      return target.kind === 'account' ? (target.account.name ?? target.account.account) : missing(name);
    case 'cloud':
      return target.kind === 'account' ? target.account.cloud : missing(name);
  }
}

/** The targets in words of the scanner. */
export function valuesOf(target: Target): readonly string[] {
  if (target.kind === 'account') return [target.account.account];
  return target.kind === 'one' ? [target.value] : target.values;
}

/** A target called `-oN/etc/passwd` would be an option. @throws ScanError */
export function harmless(value: string): string {
  if (!value.startsWith('-') && !/\p{Cc}/u.test(value)) return value;
  throw new ScanError(
    `${JSON.stringify(value.slice(0, 100))} is no target: a scanner would take it for an option`,
    'Targets begin with a letter or a digit; look where this one comes from.',
  );
}

function missing(name: string): never {
  throw new ScanError(
    `{${name}} stands for nothing in this job`,
    'Give the job `accounts` for {account}, {accountName} and {cloud}, `targets` for {target}.',
  );
}
