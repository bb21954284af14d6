import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type Logger, pino } from 'pino';
import { loadConfig, type LoadedConfig } from '../config/index.ts';
import { UsageError } from '../errors.ts';
import type { EpochMs } from '../findings/model.ts';
import { Committer } from '../lake/committer.ts';
import { openStore } from '../store/index.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { printable } from './output.ts';
import { OVER_THE_BAR } from './progress.ts';

export type { Logger } from 'pino';

/** Options that every command takes, before or behind its name. */
export interface GlobalOptions {
  /** As given on the command line only; `open` knows where else it may stand. */
  readonly store: string | undefined;
  readonly config: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

export interface Opened {
  readonly store: ObjectStore;
  readonly committer: Committer;
  readonly close: () => Promise<void>;
}

/** What a command may touch of the world. */
export interface CliContext {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard error is a terminal, and neither CI nor NO_COLOR nor --quiet is set: progress and colours are welcome. */
  readonly interactive: boolean;
  readonly now: () => EpochMs;
  /** To standard error; JSON where that is no terminal. */
  readonly log: Logger;
  options(command: Command): GlobalOptions;
  /** The configuration that --config names, or the one found. @throws UsageError */
  config(command: Command): Promise<LoadedConfig>;
  /** The address of the store: --store, else SIGHTLINE_STORE, else `store` of the configuration, else `./data`. */
  storeUrl(command: Command): Promise<string>;
  /** Opens the store that `storeUrl` names. @throws UsageError, StoreError */
  open(command: Command): Promise<Opened>;
  /** What the process ends with unless an error decides; the highest given wins. */
  setExitCode(code: number): void;
  readonly exitCode: number;
  /** Calls `handler` on SIGINT and SIGTERM, until the function it returns is called. */
  onSignal(handler: (signal: NodeJS.Signals) => void): () => void;
}

export const DEFAULT_STORE = './data';

interface Stream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
}

export interface ProcessLike {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  on(event: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  removeListener(event: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
}

/** The context of a real process; quiet and verbose are settled once the command line is parsed (`settle`). */
export class ProcessContext implements CliContext {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => EpochMs = Date.now;
  readonly log: Logger;
  readonly #process: ProcessLike;
  #quiet = false;
  #exitCode = 0;
  readonly #configs = new Map<string | undefined, Promise<LoadedConfig>>();

  constructor(process: ProcessLike) {
    this.#process = process;
    this.stdout = process.stdout;
    this.stderr = process.stderr;
    this.stdin = process.stdin;
    this.env = process.env;
    this.log = loggerTo(process.stderr);
  }

  get interactive(): boolean {
    return (
      this.#process.stderr.isTTY === true &&
      !this.#quiet &&
      !isSet(this.env['CI']) &&
      !isSet(this.env['NO_COLOR'])
    );
  }

  get exitCode(): number {
    return this.#exitCode;
  }

  /** Takes --quiet and --verbose over. */
  settle(command: Command): void {
    const { quiet, verbose } = this.options(command);
    this.#quiet = quiet;
    this.log.level = verbose ? 'debug' : quiet ? 'error' : 'info';
  }

  options(command: Command): GlobalOptions {
    const given = command.optsWithGlobals<Record<string, unknown>>();
    return {
      store: textOf(given['store']),
      config: textOf(given['config']),
      json: given['json'] === true,
      quiet: given['quiet'] === true,
      verbose: given['verbose'] === true,
    };
  }

  config(command: Command): Promise<LoadedConfig> {
    const { config: path } = this.options(command);
    let loading = this.#configs.get(path);
    if (loading === undefined) {
      loading = loadConfig(path, this.env);
      this.#configs.set(path, loading);
    }
    return loading;
  }

  async storeUrl(command: Command): Promise<string> {
    const given = this.options(command).store;
    if (given === '')
      throw new UsageError('--store is empty', 'Give a folder (./data) or s3://bucket/prefix.');
    if (given !== undefined) return given;
    const fromEnv = this.env['SIGHTLINE_STORE'];
    if (fromEnv !== undefined && fromEnv !== '') return fromEnv;
    return (await this.config(command)).store ?? DEFAULT_STORE;
  }

  async open(command: Command): Promise<Opened> {
    const [url, { storeOptions, limits }] = await Promise.all([this.storeUrl(command), this.config(command)]);
    const store = openStore(url, storeOptions, this.env);
    this.log.debug({ store: store.description }, 'store opened');
    const committer = new Committer({ store, now: this.now, cacheRows: limits.cacheRows });
    return { store, committer, close: () => store.close() };
  }

  setExitCode(code: number): void {
    this.#exitCode = Math.max(this.#exitCode, code);
  }

  onSignal(handler: (signal: NodeJS.Signals) => void): () => void {
    this.#process.on('SIGINT', handler);
    this.#process.on('SIGTERM', handler);
    return () => {
      this.#process.removeListener('SIGINT', handler);
      this.#process.removeListener('SIGTERM', handler);
    };
  }
}

/** Version of this collector, of its package.json (which lies beside `src` and beside `dist`). */
export function collectorVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const manifest: unknown = JSON.parse(text);
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '0.0.0';
}

function loggerTo(stream: Stream): Logger {
  const options = {
    level: 'info',
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: ['req.headers.authorization', 'req.headers.cookie'], remove: true },
  };
  // Through the stream and not its descriptor: lines stay in order with what commands print themselves.
  return pino(options, stream.isTTY === true ? readable(stream) : stream);
}

/** For people: time, level, message and the fields, on one line. */
function readable(stream: Stream): { write(line: string): void } {
  return {
    write(line: string): void {
      const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
      const rest = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
      stream.write(
        `${OVER_THE_BAR}${printable([String(time).slice(11, 19), String(level), String(msg), ...rest].join(' '))}\n`,
      );
    },
  };
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== 'false' && value !== '0';
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
