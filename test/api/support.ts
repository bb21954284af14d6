import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { pino } from 'pino';
import { noAccess } from '../../collector/src/api/access/index.ts';
import { TokenBook } from '../../collector/src/api/access/token-book.ts';
import { digestOf } from '../../collector/src/api/access/token-text.ts';
import { type RunningServer, startServer } from '../../collector/src/api/server.ts';
import { Streams } from '../../collector/src/api/streams/streams.ts';
import type { SpoolLimits } from '../../collector/src/ingest/spool/index.ts';
import { Committer } from '../../collector/src/lake/committer.ts';
import { sampleReports, type SampleReport } from '../../collector/src/sample/index.ts';
import type { InputLimits } from '../../collector/src/sources/input/index.ts';
import { countingStore, FilesystemStore } from '../../collector/src/store/index.ts';
import type { Role } from '../../collector/src/warehouse/access.ts';
import type { Warehouse } from '../../collector/src/warehouse/contract.ts';
import { openWarehouse } from '../../collector/src/warehouse/warehouse.ts';
import { Contract } from './openapi-shape.ts';

export interface Answered<T = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: T;
}

export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

export interface Api {
  readonly url: string;
  readonly committer: Committer;
  readonly store: FilesystemStore;
  /** Where the store is. */
  readonly folder: string;
  readonly contract: Contract;
  readonly logged: string[];
  readonly warehouse: Warehouse | null;
  readonly streams: Streams | null;
  /** Below /api/v1; the answer is held against the OpenAPI document. */
  ask<T>(where: string, init?: Asking): Promise<Answered<T>>;
  post<T>(where: string, body: unknown, init?: Asking): Promise<Answered<T>>;
  /** Brings a report. */
  bring<T>(report: string | Uint8Array<ArrayBuffer>, query?: string, init?: Asking): Promise<Answered<T>>;
  close(): Promise<void>;
}

export interface Token {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly accounts?: readonly string[];
  readonly teams?: readonly string[];
}

/** What a request with the token of that name says of itself. */
export function as(name: string): Record<string, string> {
  return { Authorization: `Bearer ${secretOf(name)}` };
}

function secretOf(name: string): string {
  return `${name}-`.repeat(40).slice(0, 40);
}

export interface ApiSetup {
  /** Who may do what; the first is who reads the document. By default everybody may do everything. */
  readonly tokens?: readonly Token[];
  readonly limits?: Partial<InputLimits>;
  /** Default: one in memory that looks at the bucket when it is told to. */
  readonly warehouse?: false;
  /** Whether the warehouse takes SQL; default: no. */
  readonly sql?: boolean;
  /** Whether to wait until the warehouse has read the bucket; default: yes. */
  readonly ready?: false;
  readonly store?: (folder: string) => FilesystemStore;
  /** Takes in events that are pushed, with limits that differ from the defaults. */
  readonly streams?: Partial<SpoolLimits>;
}

/** A real server on a real store, both of their own. */
export async function startApi(setup: ApiSetup = {}): Promise<Api> {
  const { tokens, limits, warehouse: wanted, ready = true } = setup;
  const folder = await mkdtemp(path.join(tmpdir(), 'sightline-test-api-'));
  const store = setup.store?.(folder) ?? new FilesystemStore(folder);
  const counting = countingStore(store);
  const logged: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });
  const committer = new Committer({ store: counting, now: Date.now });
  const warehouse =
    wanted === false
      ? null
      : await openWarehouse({
          committer,
          folder: null,
          memoryMiB: 256,
          threads: 2,
          concurrency: 2,
          refreshMs: null,
          queryTimeoutMs: 60_000,
          maxRows: 50_000,
          sql: setup.sql ?? false,
          timezone: 'UTC',
          cadenceHours: {},
          log,
        });
  if (ready) await warehouse?.refresh();
  const known = (tokens ?? []).map(({ name, roles, accounts = null, teams = null }) => ({
    name,
    roles,
    accounts,
    teams,
    digest: digestOf(secretOf(name)),
  }));
  const checks = { tokens: new TokenBook(counting, known, Date.now, log), oidc: null, grafana: null };
  const streams =
    setup.streams === undefined
      ? null
      : new Streams({
          committer,
          owner: 'test',
          limits: { lingerMs: 5, batchBytes: 8e6, waitingBytes: 64e6, backlogBytes: 1e9, ...setup.streams },
          log,
        });
  const server: RunningServer = await startServer({
    committer,
    store: counting,
    log,
    host: '127.0.0.1',
    port: 0,
    api: {
      warehouse,
      streams,
      report: { version: '1.2.3' },
      ...(tokens === undefined ? {} : { access: { ...noAccess(log), checks } }),
      ...(limits === undefined ? {} : { limits }),
    },
  });
  const contract = new Contract(
    await (await fetch(`${server.url}/api/v1/openapi.json`, { headers: as(tokens?.[0]?.name ?? '') })).json(),
  );
  const ask = async <T>(where: string, init: Asking = {}): Promise<Answered<T>> => {
    const response = await fetch(`${server.url}/api/v1${where}`, init);
    const text = await response.text();
    const { pathname } = new URL(where, 'http://api');
    const type = response.headers.get('content-type') ?? '';
    contract.check(init.method ?? 'GET', pathname, response.status, type, text);
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (text === '' ? null : JSON.parse(text)) as T,
    };
  };
  return {
    url: server.url,
    committer,
    store,
    folder,
    contract,
    logged,
    warehouse,
    streams,
    ask,
    post: (where, body, init = {}) =>
      ask(where, {
        method: 'POST',
        ...init,
        headers: { 'Content-Type': 'application/json', ...init.headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    bring: (report, query = '', init = {}) =>
      ask(`/ingest${query}`, { method: 'POST', body: report, ...init }),
    close: async () => {
      await server.close();
      await warehouse?.close();
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Of the sample estate: as its scanners wrote them, oldest first. */
export function reportsOf(weeks: number, accounts: readonly string[]): SampleReport[] {
  const end = Math.floor(Date.now() / 1000) * 1000;
  return sampleReports({ end, weeks }).filter(
    ({ account, path: name }) => accounts.includes(account) && !name.includes('scoutsuite_errors'),
  );
}
