import { createServer, type IncomingMessage } from 'node:http';
import { callOf, type ServiceError } from './fault-proxy.ts';
import type { Server } from './servers.ts';

export interface StubCall {
  readonly service: string;
  readonly region: string;
  /** Access key: of a role that was taken on, the one that was given out. */
  readonly key: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Of services that name the operation in a header: `DescribeImages`. */
  readonly operation: string;
  readonly body: Record<string, unknown>;
}

export type StubAnswer = object | ServiceError;

export interface Stub extends Server {
  readonly calls: StubCall[];
  /** Of the stub: how far its time is ahead of this machine's. */
  readonly clock: { aheadMs: number };
}

/** Services that the simulated AWS does not have, with answers as the API reference has them. What is not answered here is refused. */
export async function startAwsStub(answer: (call: StubCall) => StubAnswer | undefined): Promise<Stub> {
  const calls: StubCall[] = [];
  const clock = { aheadMs: 0 };
  const server = createServer((incoming, outgoing) => {
    void callFrom(incoming).then((call) => {
      calls.push(call);
      outgoing.setHeader('date', new Date(Date.now() + clock.aheadMs).toUTCString());
      const found = answer(call) ?? { status: 404, error: 'UnknownOperationException', message: call.path };
      if (isError(found)) {
        outgoing.writeHead(found.status, {
          'x-amzn-errortype': found.error,
          'content-type': 'application/json',
        });
        outgoing.end(JSON.stringify({ message: found.message ?? found.error }));
      } else if ('xml' in found && typeof found.xml === 'string') {
        outgoing.writeHead(200, { 'content-type': 'text/xml' });
        outgoing.end(found.xml);
      } else {
        outgoing.writeHead(200, { 'content-type': 'application/json' });
        outgoing.end(JSON.stringify(found));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the stub has no port');
  const endpoint = `http://127.0.0.1:${address.port}`;
  return {
    calls,
    clock,
    endpoint,
    env: {
      AWS_ACCESS_KEY_ID: 'stub',
      AWS_SECRET_ACCESS_KEY: 'stub-secret',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: endpoint,
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** As STS answers it. */
export function identityOf(account: string): { readonly xml: string } {
  const result = `<Arn>arn:aws:sts::${account}:assumed-role/audit/sightline</Arn><UserId>A</UserId><Account>${account}</Account>`;
  return {
    xml: `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>${result}</GetCallerIdentityResult></GetCallerIdentityResponse>`,
  };
}

function isError(answer: StubAnswer): answer is ServiceError {
  return 'status' in answer && 'error' in answer;
}

async function callFrom(incoming: IncomingMessage): Promise<StubCall> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) if (chunk instanceof Buffer) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://stub');
  const target = incoming.headers['x-amz-target'];
  const body: unknown = text.startsWith('{')
    ? JSON.parse(text)
    : Object.fromEntries(new URLSearchParams(text));
  return {
    ...callOf(incoming),
    path: decodeURIComponent(pathname),
    query: searchParams,
    operation: typeof target === 'string' ? (target.split('.').at(-1) ?? '') : '',
    body: body as Record<string, unknown>,
  };
}
