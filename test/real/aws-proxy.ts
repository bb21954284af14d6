import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Server } from '../support/servers.ts';
import { type Answer, answerInItsPlace } from './moto-gaps.ts';

/** A call to AWS, as far as it can be told from outside. */
export interface AwsCall {
  /** As it was signed for: `s3`, `ec2`, `iam`, `sts`. */
  readonly service: string;
  /** Of the query protocol and of JSON's; '' of services that have none. */
  readonly action: string;
  readonly accessKeyId: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly parameters: URLSearchParams;
}

/** Passed on, answered with a status, or the connection reset. */
export type Verdict = 'pass' | 'reset' | number;

export interface AwsProxy {
  readonly endpoint: string;
  /** Asked for each call, in order. May wait. */
  decide: (call: AwsCall) => Verdict | Promise<Verdict>;
  stop(): Promise<void>;
}

/**
 * Stands before the simulated AWS: reached as an endpoint, and as an HTTP proxy (absolute addresses), for hosts that no name server
 * knows (`111111111111.127.0.0.1`, which is how S3 Control is called). Mends what scanners stumble over in moto.
 */
export async function startAwsProxy(target: Server): Promise<AwsProxy> {
  const { hostname, port } = new URL(target.endpoint);
  const server = createServer((incoming, outgoing) => {
    void answer(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  const proxy: AwsProxy = {
    endpoint: '',
    decide: () => 'pass',
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const call = callOf(incoming, body.toString('latin1'));
    const verdict = await proxy.decide(call);
    if (verdict === 'reset') incoming.socket.destroy();
    else if (typeof verdict === 'number') fail(outgoing, verdict, call);
    else {
      const answered = answerInItsPlace(call);
      if (answered === null) await passOn(incoming, body, call.path, outgoing);
      else respond(outgoing, 200, answered);
    }
  }

  function passOn(
    incoming: IncomingMessage,
    body: Buffer,
    path: string,
    outgoing: ServerResponse,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const { method, headers } = incoming;
      const forwarded = request({ host: hostname, port, method, path, headers, agent: false }, (answered) => {
        outgoing.writeHead(answered.statusCode ?? 502, answered.headers);
        answered.pipe(outgoing).once('finish', resolve).once('close', resolve);
      });
      forwarded.once('error', reject);
      forwarded.end(body);
    });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return Object.assign(proxy, { endpoint: `http://127.0.0.1:${address.port}` });
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html */
const CREDENTIAL = /Credential=([^/,]+)\/\d+\/[^/]+\/([^/]+)\/aws4_request/;

function callOf(incoming: IncomingMessage, body: string): AwsCall {
  // Not read as an address: 111111111111.127.0.0.1, where S3 Control is asked, is none.
  const path = (incoming.url ?? '/').replace(/^https?:\/\/[^/]+/, '');
  const [, accessKeyId = '', service = ''] = CREDENTIAL.exec(incoming.headers.authorization ?? '') ?? [];
  const isForm = (incoming.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
  const parameters = isForm ? new URLSearchParams(body) : new URLSearchParams(path.split('?')[1]);
  return {
    service,
    action: parameters.get('Action') ?? targetOf(incoming),
    accessKeyId,
    method: incoming.method ?? '',
    path,
    parameters,
  };
}

/** `AmazonSSM.DescribeInstanceInformation` */
function targetOf({ headers }: IncomingMessage): string {
  const target = headers['x-amz-target'];
  return typeof target === 'string' ? (target.split('.').at(-1) ?? '') : '';
}

function respond(outgoing: ServerResponse, status: number, { type, body }: Answer): void {
  outgoing.writeHead(status, { 'content-type': type });
  outgoing.end(body);
}

function fail(outgoing: ServerResponse, status: number, { service }: AwsCall): void {
  const codes: Readonly<Record<number, string>> = {
    403: service === 'ec2' ? 'UnauthorizedOperation' : 'AccessDenied',
    429: service === 'ec2' ? 'RequestLimitExceeded' : 'TooManyRequests',
  };
  const error = `<Code>${codes[status] ?? 'InternalError'}</Code><Message>on demand</Message>`;
  const shapes: Readonly<Record<string, string>> = {
    s3: `<Error>${error}<RequestId>0</RequestId></Error>`,
    ec2: `<Response><Errors><Error>${error}</Error></Errors><RequestID>0</RequestID></Response>`,
  };
  const body =
    shapes[service] ?? `<ErrorResponse><Error>${error}</Error><RequestId>0</RequestId></ErrorResponse>`;
  respond(outgoing, status, { type: 'text/xml', body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}` });
}
