import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import express from 'express';
import { type Logger, pino } from 'pino';
import {
  accessOf,
  type AccessMode,
  authenticate,
  createAudit,
  limitIngest,
  openAccess,
  requireRole,
  requireWholeSight,
} from '../../collector/src/api/access/index.ts';
import { type TokenRecord, writeRecord } from '../../collector/src/api/access/token-record.ts';
import { newToken } from '../../collector/src/api/access/token-text.ts';
import { problemHandler } from '../../collector/src/api/problem.ts';
import { fileSchema } from '../../collector/src/config/schema.ts';
import { StoreError } from '../../collector/src/errors.ts';
import { FilesystemStore } from '../../collector/src/store/index.ts';
import type { ObjectInfo, ObjectStore } from '../../collector/src/store/object-store.ts';

/** Routes behind the gate as the server has them, on a store in a folder, with a clock that can be moved. */
export interface Gate {
  readonly url: string;
  readonly mode: AccessMode;
  readonly store: ObjectStore;
  readonly logged: string[];
  /** How often the store was asked for the list of tokens. */
  lists(): number;
  /** From now on, no answer of the store. */
  breakStore(broken: boolean): void;
  advance(ms: number): void;
  now(): number;
  /** The token of a record written into the store as `sightline token create` does. */
  makeToken(record?: Partial<TokenRecord>): Promise<{ token: string; record: TokenRecord }>;
  ask(where: string, headers?: Record<string, string>, init?: RequestInit): Promise<Answer>;
  bearer(token: string, where?: string, init?: RequestInit): Promise<Answer>;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export interface GateOptions {
  readonly access?: unknown;
  readonly env?: Readonly<Record<string, string>>;
  readonly host?: string;
  readonly publicUrl?: string;
  readonly insecure?: boolean;
  /** Before the server starts. */
  readonly prepare?: (store: ObjectStore) => Promise<void>;
  readonly brokenAtStart?: boolean;
}

export async function openGate(options: GateOptions = {}): Promise<Gate> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sightline-access-'));
  const store = new BreakableStore(folder);
  const logged: string[] = [];
  const log: Logger = pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) });
  let offset = 0;
  const now = (): number => Date.now() + offset;
  await options.prepare?.(store);
  store.broken = options.brokenAtStart === true;
  const { access, mode } = await openAccess({
    config: fileSchema.parse({ access: options.access ?? {} }).access,
    store,
    env: options.env ?? {},
    log,
    now,
    host: options.host ?? '127.0.0.1',
    publicUrl: options.publicUrl,
    insecure: options.insecure ?? false,
  }).catch((error: unknown) => {
    rmSync(folder, { recursive: true });
    throw error;
  });
  const audit = createAudit(log, store, now);
  const app = express();
  app.use(authenticate(access));
  app.get('/read', requireRole('viewer'), (_request, response) => {
    const { subject, roles, accounts, teams } = accessOf(response);
    response.json({ subject, roles: [...roles], accounts, teams });
  });
  app.get('/whole', requireRole('viewer'), requireWholeSight, (_request, response) => {
    response.json({});
  });
  app.post('/ingest', requireRole('ingest'), limitIngest(access), (_request, response) => {
    response.json({});
  });
  app.post('/decide', requireRole('operator'), express.json(), async (request, response) => {
    const entry: unknown = request.body;
    await audit.record(request, {
      action: 'verdict.set',
      target: 'f'.repeat(32),
      before: null,
      after: entry,
    });
    response.json({});
  });
  app.use(problemHandler(log));
  const server = await listen(app);
  const url = urlOf(server);
  const ask: Gate['ask'] = async (where, headers = {}, init = {}) => {
    const response = await fetch(url + where, {
      ...init,
      headers: { ...headers, ...Object.fromEntries(new Headers(init.headers)) },
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: JSON.parse(text) as Record<string, unknown>,
    };
  };
  return {
    url,
    mode,
    store,
    logged,
    lists: () => store.lists,
    breakStore: (broken) => {
      store.broken = broken;
    },
    advance: (ms) => {
      offset += ms;
    },
    now,
    makeToken: async (given = {}) => {
      const { id, token, sha256 } = newToken();
      const record: TokenRecord = {
        id,
        name: 'grafana',
        sha256,
        roles: ['viewer'],
        accounts: null,
        teams: null,
        createdBy: 'alice',
        createdAt: now(),
        expiresAt: null,
        revokedBy: null,
        revokedAt: null,
        ...given,
      };
      await writeRecord(store, record);
      return { token, record };
    },
    ask,
    bearer: (token, where = '/read', init = {}) => ask(where, { Authorization: `Bearer ${token}` }, init),
    close: async () => {
      await closeServer(server);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A real store whose answers can be made to fail. */
class BreakableStore extends FilesystemStore {
  broken = false;
  lists = 0;

  override async *list(prefix: string): AsyncIterable<ObjectInfo> {
    this.lists++;
    if (this.broken) throw new StoreError('the bucket does not answer', 'Wait.');
    yield* super.list(prefix);
  }
}

export async function listen(handler: http.RequestListener): Promise<http.Server> {
  const server = http.createServer(handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

export function urlOf(server: http.Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function closeServer(server: http.Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
