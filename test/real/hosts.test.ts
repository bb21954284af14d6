import { createServer, type Server } from 'node:net';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyFolder, folderOf, type Ran, sightline } from '../cli/support.ts';
import { findScanner } from './programs.ts';

const MINUTES = 60_000;
const nmap = findScanner('nmap', 'apt-get install nmap');

/** Says what it is at once, so that Nmap need not guess. */
async function listen(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).end('SSH-2.0-OpenSSH_9.6\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { server, port: address.port };
}

describe.skipIf(nmap === null)('nmap, the real one, by a job', { timeout: 5 * MINUTES }, () => {
  let stays: Awaited<ReturnType<typeof listen>>;
  let goes: Awaited<ReturnType<typeof listen>>;
  let command: (...args: string[]) => Promise<Ran>;

  beforeAll(async () => {
    stays = await listen();
    goes = await listen();
    const config = {
      collector: { scanners: { nmap: { program: nmap } } },
      jobs: [
        {
          ...{ name: 'perimeter', scanner: 'nmap', targets: ['127.0.0.1'], attempts: 1 },
          args: ['-p', `${stays.port},${goes.port}`, '--version-light'],
        },
      ],
    };
    const folder = folderOf({ 'sightline.yaml': JSON.stringify(config) });
    const common = ['--config', path.join(folder, 'sightline.yaml'), '--store', emptyFolder()];
    command = (...args) => sightline([...args, ...common], { env: { PATH: process.env['PATH'] ?? '' } });
  });
  afterAll(() => {
    stays.server.close();
    goes.server.close();
  });

  const run = async (): Promise<Record<string, unknown>> =>
    (await command('run', 'perimeter', '--json')).documents[0] ?? {};
  const open = async (): Promise<string[]> => {
    const { documents } = await command('findings', '--json', '--all');
    const { findings } = documents[0] as unknown as { findings: { locator: string }[] };
    return findings.map(({ locator }) => locator).sort();
  };

  it('finds what listens, nothing new the second time, and what was shut is fixed', async () => {
    expect(await run()).toMatchObject({ outcome: 'complete', exitCode: 0 });
    const first = await open();
    expect(first).toHaveLength(2);
    expect(first.join()).toContain(String(stays.port));
    expect(await run()).toMatchObject({ outcome: 'complete', onboarded: 0, fresh: { INFORMATIONAL: 0 } });
    expect(await open()).toEqual(first);
    await new Promise((resolve) => goes.server.close(resolve));
    expect(await run()).toMatchObject({ outcome: 'complete' });
    const left = await open();
    expect(left).toHaveLength(1);
    expect(left.join()).toContain(String(stays.port));
  });
});
