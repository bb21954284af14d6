import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import express, { type Request } from 'express';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { receive } from './upload.ts';

const BODY = 'x'.repeat(1_000);
const CUT_OFF = 'The body ended before it was whole. Nothing was stored.';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sightline-receive-'));
  vi.stubEnv('TMPDIR', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** What `handle` makes of a request whose client sends all of its body and goes. */
async function received<T>(handle: (request: Request, leave: () => Promise<void>) => Promise<T>): Promise<T> {
  const client = new http.Agent();
  const app = express();
  const made = new Promise<T>((resolve, reject) => {
    app.post('/', (request) => {
      const leave = async (): Promise<void> => {
        const closed = new Promise((resolve) => request.once('close', resolve));
        client.destroy();
        await closed;
      };
      handle(request, leave).then(resolve, reject);
    });
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  http
    .request({ host: '127.0.0.1', port, method: 'POST', agent: client })
    .on('error', () => undefined)
    .end(BODY);
  try {
    return await made;
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

describe('an upload', () => {
  it('is there whole, until it is removed', async () => {
    const upload = await received((request) => receive(request, 'a/b.json', {}));
    expect([upload.name, readdirSync(upload.folder)]).toEqual(['b.json', ['b.json']]);
    await upload.remove();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('whose client went before anybody read it is refused, and not waited for', async () => {
    const upload = received(async (request, leave) => {
      await leave();
      expect(request.complete).toBe(true);
      return receive(request, 'report', {});
    });
    await expect(upload).rejects.toMatchObject({ detail: CUT_OFF });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('whose client goes while it waits to be written is refused as well', async () => {
    const upload = received(async (request, leave) => {
      // Written as fast as this reads it, which is not at all.
      const pipe = vi.spyOn(request, 'pipe').mockImplementation((to) => to);
      const kept = receive(request, 'report', {});
      await vi.waitFor(() => expect(pipe).toHaveBeenCalled(), { timeout: 30_000 });
      await leave();
      return kept;
    });
    await expect(upload).rejects.toMatchObject({ detail: CUT_OFF });
    expect(readdirSync(folder)).toEqual([]);
  });
});
