import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tls from 'node:tls';

/** An HTTP server of a test on a free port of 127.0.0.1. */
export interface Listener {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

export interface TlsListener extends Listener {
  /** For NODE_EXTRA_CA_CERTS of another process; this one trusts it already. */
  readonly certificateFile: string;
}

export async function listen(handler: RequestListener): Promise<Listener> {
  return listening(createServer(handler), 'http');
}

/** The same with a certificate that was made for it. */
export async function listenTls(handler: RequestListener): Promise<TlsListener> {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert],
    ],
    { stdio: 'pipe' },
  );
  const certificate = readFileSync(cert, 'utf8');
  const before = tls.getCACertificates('default');
  tls.setDefaultCACertificates([...before, certificate]);
  const listener = await listening(
    createTlsServer({ key: readFileSync(key), cert: certificate }, handler),
    'https',
  );
  return {
    ...listener,
    certificateFile: cert,
    stop: async () => {
      await listener.stop();
      tls.setDefaultCACertificates(before);
      rmSync(folder, { recursive: true });
    },
  };
}

async function listening(server: Server, scheme: string): Promise<Listener> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return {
    url: `${scheme}://127.0.0.1:${port}`,
    port,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
