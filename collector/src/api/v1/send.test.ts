import { once } from 'node:events';
import * as http from 'node:http';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goneSignal } from './send.ts';

let server: http.Server;
let port: number;
let signals: AbortSignal[];

beforeAll(async () => {
  signals = [];
  const app = express();
  app.get('/now', (_request, response) => {
    signals.push(goneSignal(response));
    response.json({});
  });
  app.get('/never', (_request, response) => {
    signals.push(goneSignal(response));
    server.emit('asked');
  });
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('what is worked on for a client', () => {
  it('goes on to its end while the client is there', async () => {
    await (await fetch(`http://127.0.0.1:${port}/now`)).text();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(signals.at(-1)?.aborted).toBe(false);
  });

  it('is given up when the client goes', async () => {
    const asked = once(server, 'asked');
    const request = http.get({ host: '127.0.0.1', port, path: '/never' }).on('error', () => undefined);
    await asked;
    const signal = signals.at(-1);
    if (signal === undefined) throw new Error('nobody asked');
    const aborted = once(signal, 'abort');
    request.destroy();
    await aborted;
    expect(signal.aborted).toBe(true);
  });
});
