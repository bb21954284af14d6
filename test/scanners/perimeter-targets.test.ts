import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyFolder, sightline } from '../cli/support.ts';
import { hasNmap } from '../support/nmap.ts';

/** Each starts processes, on a machine that may have other things to do. */
const SLOW = { timeout: 240_000 };
const installed = hasNmap();
const listeners: Server[] = [];
let port: number;

/** With a banner, Nmap knows at once what it is. */
function greet(socket: Socket): void {
  socket.on('error', () => undefined).end('SSH-2.0-OpenSSH_9.6\r\n');
}

beforeAll(async () => {
  const first = createServer(greet).listen(0, '127.0.0.1');
  await once(first, 'listening');
  ({ port } = first.address() as AddressInfo);
  const second = createServer(greet).listen(port, '127.0.0.2');
  await once(second, 'listening');
  listeners.push(first, second);
});
afterAll(() => {
  for (const listener of listeners) listener.close();
});

describe.skipIf(!installed)('what perimeter discovery found is scanned', () => {
  it('by Nmap, under the names of the assets; what was found on one that is gone closes', SLOW, async () => {
    const folder = emptyFolder();
    const config = path.join(folder, 'sightline.yaml');
    writeFileSync(
      config,
      `ownership:
  - { match: {}, naming: '^(?<product>[a-z]+)-(?<environment>prod|test)-' }
jobs:
  - name: ports
    scanner: nmap
    perimeter: { environment: [prod], service: [ec2] }
    args: ['-p', '${port}', '--version-light']
    attempts: 1
`,
    );
    const run = (...args: string[]) =>
      sightline([...args, '--json', '--config', config, '--store', path.join(folder, 'data')]);
    const findings = async (...args: string[]): Promise<Record<string, unknown>[]> => {
      const { documents } = await run('findings', '--source', 'nmap', '--sort', 'resource', ...args);
      return documents[0]?.['findings'] as Record<string, unknown>[];
    };
    await run('config', 'apply', '--by', 'me');
    const none = await run('run', 'ports');
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('has nothing to scan')]);

    const report = path.join(folder, 'perimeter.json');
    const found = async (at: string, ...assets: object[]): Promise<void> => {
      const head = { perimeter: 1, cloud: 'aws', account: '123456789012', observedAt: at };
      writeFileSync(report, JSON.stringify({ ...head, covered: ['ec2@eu-west-1'], assets }));
      expect(await run('ingest', report)).toMatchObject({ code: 0 });
    };
    const asset = (name: string, endpoint: string) => ({
      ...{ service: 'ec2', region: 'eu-west-1', type: 'instance', id: `i-${name}`, name, endpoint },
      tags: { owner: 'core' },
    });
    const [web, old, test] = [
      asset('shop-prod-web', '127.0.0.1'),
      asset('shop-prod-old', 'https://127.0.0.2'),
      asset('shop-test-web', '127.0.0.3'),
    ];
    await found('2026-11-20T06:00:00Z', web, old, test);
    expect((await run('run', 'ports')).documents[0]).toMatchObject({ outcome: 'complete' });
    const open = await findings('--status', 'open');
    expect(
      open.map(({ resourceId, resourceName, environment, labels }) => [
        resourceId,
        resourceName,
        environment,
        labels,
      ]),
    ).toEqual([
      [
        '127.0.0.1',
        'shop-prod-web',
        'prod',
        { cloud: 'aws', account: '123456789012', owner: 'core', product: 'shop' },
      ],
      [
        '127.0.0.2',
        'shop-prod-old',
        'prod',
        { cloud: 'aws', account: '123456789012', owner: 'core', product: 'shop' },
      ],
    ]);

    await found('2026-11-20T07:00:00Z', web, test);
    expect((await run('run', 'ports')).documents[0]).toMatchObject({ outcome: 'complete' });
    expect(await findings('--status', 'open')).toMatchObject([{ resourceId: '127.0.0.1' }]);
    expect(await findings('--status', 'fixed')).toMatchObject([{ resourceId: '127.0.0.2' }]);
    // The names are part of the input: from the inputs alone it becomes the same.
    const rebuilt = await run('rebuild', '--all', '--check');
    expect(rebuilt).toMatchObject({ code: 0 });
  });
});
