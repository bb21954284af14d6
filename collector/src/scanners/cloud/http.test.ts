import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { askCloud, CloudRefusal } from './http.ts';

/** As Compute Engine writes it. */
const refusal = (reason: string): string =>
  JSON.stringify({
    error: { code: 403, message: 'm', errors: [{ message: 'm', domain: 'usageLimits', reason }] },
  });

async function asked(...refusals: string[]): Promise<{ answer: unknown; calls: number }> {
  let calls = 0;
  const server = createServer((_request, response) => {
    const text = refusals[calls++];
    response.writeHead(text === undefined ? 200 : 403).end(text ?? '{"found":1}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const headers = () => Promise.resolve(new Headers());
  try {
    const answer = await askCloud(
      { url: `http://127.0.0.1:${port}/list`, headers },
      z.object({ found: z.number() }),
    ).catch((error: unknown) => error);
    return { answer, calls };
  } finally {
    server.close();
  }
}

it('Google’s 403 for what was asked too often is waited for', { timeout: 60_000 }, async () => {
  expect(await asked(refusal('rateLimitExceeded'))).toEqual({ answer: { found: 1 }, calls: 2 });
});

it('any other 403 is a refusal, at once', async () => {
  const { answer, calls } = await asked(refusal('forbidden'));
  expect([answer instanceof CloudRefusal, calls]).toEqual([true, 1]);
});
