import * as http from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { UsageError } from '../errors.ts';
import type { Committer } from '../lake/committer.ts';
import type { CountingStore } from '../store/index.ts';
import { type ApiSettings, createApp } from './app.ts';

export interface ServerOptions {
  readonly committer: Committer;
  readonly store: CountingStore;
  readonly log: Logger;
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Where a reverse proxy shows the server, if one does. */
  readonly publicUrl?: string | undefined;
  readonly api?: Partial<ApiSettings> | undefined;
}

export interface RunningServer {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** Takes no more requests, finishes those under way (at most 10 seconds), ends. */
  close(): Promise<void>;
}

const CLOSE_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 75_000;
/** Connections whose last request is answered are closed so often. */
const CLOSE_IDLE_MS = 100;

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** @throws UsageError when the port is in use or may not be bound */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { committer, store, log, host, api } = options;
  const app = createApp({ committer, store, log, hosts: hostsOf(options), api });
  const streams = api?.streams ?? null;
  const server = http.createServer(streams?.intake.inFrontOf(app) ?? app);
  // A client that sends nothing must not hold a connection for ever.
  server.headersTimeout = 15_000;
  // A report may take as long as it takes: routes that read a body watch over it themselves.
  server.requestTimeout = 0;
  // Longer than load balancers and Falco keep a connection without using it: who closes last loses no request.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.on('clientError', refuse);
  await listen(server, host, options.port);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: async () => {
      streams?.intake.end();
      await close(server);
      // Nobody is left to add anything.
      await streams?.spool.close();
    },
  };
}

function hostsOf({ host, publicUrl }: ServerOptions): ReadonlySet<string> | null {
  if (!isLoopback(host)) return null;
  const hosts = new Set(['localhost', '127.0.0.1', '[::1]', host]);
  const shown = publicUrl === undefined ? null : URL.parse(publicUrl);
  if (shown !== null) hosts.add(shown.hostname);
  return hosts;
}

async function listen(server: http.Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  }).catch((error: unknown) => {
    throw listenError(error, host, port);
  });
}

function listenError(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return new UsageError(
        `port ${port} of ${host} is in use`,
        'Stop what listens there, or give another with --port.',
        'usage',
        error,
      );
    case 'EACCES':
      return new UsageError(
        `port ${port} may not be used by this user`,
        'Give one above 1023 with --port.',
        'usage',
        error,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new UsageError(
        `${host} is no address of this machine`,
        'Give one of its own with --host; 0.0.0.0 for all.',
        'usage',
        error,
      );
    default:
      return error;
  }
}

/** What is no HTTP that a route could answer, in the shape of all other errors. */
function refuse(error: Error, socket: Duplex): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const code = 'code' in error ? error.code : undefined;
  const [status, title, detail] =
    code === 'HPE_HEADER_OVERFLOW'
      ? ([
          431,
          'Request header fields too large',
          'Address and headers have more than 16 kB: send long filters in a body.',
        ] as const)
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ([408, 'Request timeout', 'The request did not come in time.'] as const)
        : ([400, 'Bad request', 'This is no HTTP request.'] as const);
  const body = JSON.stringify({ type: 'about:blank', title, status, detail });
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

async function close(server: http.Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  server.closeIdleConnections();
  const idle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_MS);
  const over = new AbortController();
  const late = sleep(CLOSE_TIMEOUT_MS, undefined, { signal: over.signal }).then(
    () => {
      server.closeAllConnections();
    },
    () => undefined,
  );
  await closed;
  clearInterval(idle);
  over.abort();
  await late;
}
