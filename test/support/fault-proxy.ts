import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Server } from './servers.ts';

/**
 * What happens to a request: forwarded; forwarded and its answer thrown away with the connection, or given byte by byte, four each
 * second; or answered with a status.
 */
export type Fault = 'pass' | 'cut-after' | 'cut-before' | 'cut-body' | 'drip' | number | ServiceError;

/** A refusal as AWS's services that speak JSON write it. */
export interface ServiceError {
  readonly status: number;
  readonly error: string;
  readonly message?: string;
}

export interface FaultProxy {
  readonly endpoint: string;
  /** Asked for each request, in order. */
  decide: (request: IncomingMessage, count: number) => Fault;
  /** Requests seen since the proxy started or `count` was set. */
  count: number;
  stop(): Promise<void>;
}

/** An HTTP proxy on 127.0.0.1 before a real server, that loses answers and fails requests on demand. */
export async function startFaultProxy(target: Server): Promise<FaultProxy> {
  const { hostname, port } = new URL(target.endpoint);
  const server = createServer((incoming, outgoing) => {
    proxy.count++;
    const fault = proxy.decide(incoming, proxy.count);
    if (fault === 'cut-before') {
      incoming.socket.destroy();
      return;
    }
    if (typeof fault === 'object') {
      incoming.resume();
      incoming.once('end', () => refuse(outgoing, fault));
      return;
    }
    if (typeof fault === 'number') {
      incoming.resume();
      incoming.once('end', () => fail(outgoing, fault));
      return;
    }
    // The headers go on as they came, Host too: the signature covers them.
    const { method, url: path, headers } = incoming;
    const forwarded = request({ host: hostname, port, method, path, headers }, (answer) => {
      if (fault === 'cut-after') {
        answer.resume();
        answer.once('end', () => incoming.socket.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      if (fault === 'pass') {
        answer.pipe(outgoing);
        return;
      }
      if (fault === 'drip') {
        void drip(answer, outgoing);
        return;
      }
      answer.once('data', (chunk: Buffer) => {
        outgoing.write(chunk.subarray(0, chunk.length / 2), () => incoming.socket.destroy());
      });
    });
    forwarded.once('error', () => incoming.socket.destroy());
    incoming.pipe(forwarded);
  });
  const proxy: FaultProxy = {
    endpoint: '',
    decide: () => 'pass',
    count: 0,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return Object.assign(proxy, { endpoint: `http://127.0.0.1:${address.port}` });
}

async function drip(answer: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  for await (const chunk of answer)
    for (const byte of chunk as Buffer) {
      if (outgoing.destroyed) return;
      outgoing.write(Buffer.of(byte));
      await sleep(250);
    }
  outgoing.end();
}

function refuse(outgoing: ServerResponse, { status, error, message = 'on demand' }: ServiceError): void {
  outgoing.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': error });
  outgoing.end(JSON.stringify({ message }));
}

/** Which service of AWS is asked, where, and by whose key: the signature says so. */
export function callOf({ headers }: IncomingMessage): {
  readonly service: string;
  readonly region: string;
  readonly key: string;
} {
  const [, key = '', region = '', service = ''] =
    /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\//.exec(headers.authorization ?? '') ?? [];
  return { service, region, key };
}

function fail(outgoing: ServerResponse, status: number): void {
  const code = status === 429 ? 'TooManyRequests' : status === 503 ? 'SlowDown' : 'InternalError';
  outgoing.writeHead(status, { 'content-type': 'application/xml' });
  outgoing.end(
    `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>on demand</Message></Error>`,
  );
}
