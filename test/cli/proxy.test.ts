import { createServer, request as forward } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeBucket, startVersitygw } from '../support/servers.ts';
import { bodyOf, listen, type Listener } from '../support/listener.ts';
import { fixture, folderOf, sightline } from './support.ts';

const gateway = await startVersitygw();

/** A proxy that alone knows where the hosts of this test are: all on this machine. */
interface Proxy extends Omit<Listener, 'port'> {
  readonly hosts: ReadonlySet<string>;
}

async function startProxy(): Promise<Proxy> {
  const hosts = new Set<string>();
  const server = createServer((incoming, outgoing) => {
    const { hostname, port, pathname, search } = new URL(incoming.url ?? '');
    hosts.add(hostname);
    const { method, headers } = incoming;
    const sent = forward({ host: '127.0.0.1', port, method, headers, path: pathname + search }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    sent.once('error', () => incoming.socket.destroy());
    incoming.pipe(sent);
  });
  server.on('connect', ({ url = '' }, socket, head: Buffer) => {
    const [hostname = '', port = ''] = url.split(':');
    hosts.add(hostname);
    const onward = connect(Number(port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    for (const side of [onward, socket]) side.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    hosts,
    url: `http://127.0.0.1:${address.port}`,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

let proxy: Proxy;
beforeAll(async () => {
  proxy = await startProxy();
});
afterAll(async () => {
  await proxy.stop();
  if (typeof gateway !== 'string') await gateway.stop();
});

const SLOW = 120_000;

it.skipIf(typeof gateway === 'string')(
  'the bucket is reached through the proxy of the environment',
  async () => {
    if (typeof gateway === 'string') return;
    await makeBucket(gateway, 'findings');
    const { port } = new URL(gateway.endpoint);
    const env = { ...gateway.env, AWS_ENDPOINT_URL_S3: `http://storage.sightline.test:${port}` };
    const args = ['ingest', fixture('prowler/fixtures/v3.ocsf.json'), '--store', 's3://findings/a', '--json'];
    const inside = await sightline(args, { env: { ...env, HTTP_PROXY: proxy.url.replace('http://', '') } });
    expect(inside).toMatchObject({ code: 0, stderr: '' });
    expect(proxy.hosts).toContain('storage.sightline.test');
    // The same without: nobody else knows that name.
    const outside = await sightline(args, {
      env: { ...env, http_proxy: proxy.url, NO_PROXY: '.sightline.test' },
    });
    expect(outside.code).not.toBe(0);
  },
  SLOW,
);

it('an address that is none is said to be none, without the password in it', async () => {
  for (const HTTPS_PROXY of ['http://', 'socks5://me:S3CRET@proxy:1080']) {
    const { code, stderr } = await sightline(['findings'], { env: { HTTPS_PROXY } });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('HTTPS_PROXY is no address of a proxy') as string,
    });
    expect(stderr).not.toContain('S3CRET');
  }
});

it(
  'messages go through it, and never what is on this machine',
  async () => {
    const got: string[] = [];
    const chat = await listen((request, response) => {
      void bodyOf(request).then((body) => {
        got.push(`${request.headers.host ?? ''} ${(JSON.parse(body) as { type: string }).type}`);
        response.end();
      });
    });
    const folder = folderOf({
      'sightline.yaml': `accounts: [{ account: '123456789012' }]
jobs:
  - { name: stub, scanner: command, accounts: { cloud: aws }, attempts: 1, command: ['${process.execPath}', '-e', 'process.exit(9)', '{output}'] }
chat: [{ name: ops, kind: webhook, url: { env: HOOK } }]
`,
    });
    const told = (host: string) =>
      sightline(['run', 'stub', '--config', `${folder}/sightline.yaml`, '--store', `${folder}/data`], {
        env: { HOOK: `http://${host}:${chat.port}/hook`, HTTP_PROXY: proxy.url },
      });
    try {
      await told('chat.sightline.test');
      expect(got).toEqual([`chat.sightline.test:${chat.port} sightline.digest`]);
      expect(proxy.hosts).toContain('chat.sightline.test');
      await told('127.0.0.1');
      expect(got).toHaveLength(2);
      expect([...proxy.hosts].filter((host) => host.startsWith('127.'))).toEqual([]);
    } finally {
      await chat.stop();
    }
  },
  SLOW,
);
