import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { messageOf, UsageError } from '../errors.ts';
import type { Settings } from '../findings/settings.ts';
import type { Mapping } from '../sources/generic/mapping.ts';
import type { IdentityPolicy } from '../sources/identity/check.ts';
import type { StoreOptions } from '../store/index.ts';
import type { AccessConfig } from './access.ts';
import { parseConfig } from './parse.ts';
import { type ConfigFile, fileSchema } from './schema.ts';
import { settingsOf } from './settings.ts';

type Env = Readonly<Record<string, string | undefined>>;

export const DEFAULT_CONFIG_FILE = 'sightline.yaml';

export type ScanningConfig = Pick<
  ConfigFile,
  'jobs' | 'accounts' | 'credentials' | 'discovery' | 'collector' | 'chat'
>;

/** A configuration with every default filled in. */
export interface LoadedConfig {
  /** As it was named; null where there is no file and the defaults hold. */
  readonly path: string | null;
  /** Address of the store, undefined where the file does not say. */
  readonly store: string | undefined;
  readonly storeOptions: Pick<StoreOptions, 'endpoint' | 'region' | 'pathStyle' | 'sse' | 'kmsKey'>;
  readonly settings: Settings;
  readonly report: {
    /** Rows of the page's table. */
    readonly findings: number;
    readonly historyDays: number;
    /** By source; learned from its runs where it is not named. */
    readonly cadenceHours: Readonly<Record<string, number>>;
  };
  readonly serve: { readonly host: string; readonly port: number };
  readonly access: AccessConfig;
  readonly tables: { readonly everyHours: number };
  /** What is scanned, with what, when, and who hears of it. */
  readonly scanning: ScanningConfig;
  readonly warehouse: {
    /** Folder of the mirror, as it was named. */
    readonly path: string;
    /** Bytes. */
    readonly memory: number;
    readonly threads: number;
    readonly concurrency: number;
    /** Seconds. */
    readonly refresh: number;
    /** Seconds. */
    readonly queryTimeout: number;
    readonly sql: boolean;
    /** A name that Intl knows. */
    readonly timezone: string;
    readonly maxRows: number;
  };
  /** Events that are pushed; times in milliseconds. */
  readonly streams: ConfigFile['streams'];
  /** Rules for users. */
  readonly identity: IdentityPolicy;
  /** Files that are read by a mapping. */
  readonly generic: readonly Mapping[];
  readonly limits: {
    readonly maxReportBytes: number;
    readonly maxArchiveRatio: number;
    readonly maxArchiveEntries: number;
    readonly cacheRows: number;
  };
}

/**
 * The configuration of `path`, else of the file that SIGHTLINE_CONFIG names, else of ./sightline.yaml if there is one, else the defaults.
 * @throws UsageError `config` for a file that is missing or wrong
 */
export async function loadConfig(path: string | undefined, env: Env, folder = '.'): Promise<LoadedConfig> {
  const named = path ?? (env['SIGHTLINE_CONFIG'] === '' ? undefined : env['SIGHTLINE_CONFIG']);
  const name = named ?? DEFAULT_CONFIG_FILE;
  let text: string;
  try {
    text = await readFile(resolve(folder, name), 'utf8');
  } catch (error) {
    if (named === undefined && isMissing(error)) return loaded(null, fileSchema.parse({}));
    throw new UsageError(
      isMissing(error)
        ? `there is no configuration file ${name}`
        : `${name} can't be read: ${messageOf(error)}`,
      'Check --config and SIGHTLINE_CONFIG; without either, ./sightline.yaml is read if it is there.',
      'config',
      error,
    );
  }
  return loaded(name, parseConfig(text, name, env));
}

function loaded(path: string | null, file: ConfigFile): LoadedConfig {
  const { url, ...options } =
    typeof file.store === 'string' ? { url: file.store } : (file.store ?? { url: undefined });
  return {
    path,
    store: url,
    storeOptions: defined(options),
    settings: settingsOf(file),
    report: { ...file.report, cadenceHours: file.report.cadenceHours ?? {} },
    serve: file.serve,
    access: file.access,
    tables: file.tables,
    scanning: {
      jobs: file.jobs,
      accounts: file.accounts,
      credentials: file.credentials,
      discovery: file.discovery,
      collector: file.collector,
      chat: file.chat,
    },
    warehouse: { ...file.warehouse, threads: file.warehouse.threads ?? availableParallelism() },
    streams: file.streams,
    identity: file.identity,
    generic: file.generic,
    limits: file.limits,
  };
}

/** Absent, and not undefined, is what options that were not given are. */
function defined(options: { readonly [K in keyof StoreOptions]: StoreOptions[K] | undefined }): StoreOptions {
  const { endpoint, region, pathStyle, sse, kmsKey } = options;
  return {
    ...(endpoint !== undefined && { endpoint }),
    ...(region !== undefined && { region }),
    ...(pathStyle !== undefined && { pathStyle }),
    ...(sse !== undefined && { sse }),
    ...(kmsKey !== undefined && { kmsKey }),
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
