import { afterEach, describe, expect, it } from 'vitest';
import { newToken } from '../../collector/src/api/access/token-text.ts';
import { type Gate, openGate } from './support.ts';

const own = newToken();
const TOKENS = [{ name: 'own', sha256: own.sha256, roles: ['viewer', 'ingest'] }];

let gate: Gate | undefined;

afterEach(async () => {
  await gate?.close();
  gate = undefined;
});

describe('wrong tokens', () => {
  it('are too many after 30 in a minute; right ones from the same address go on working', async () => {
    gate = await openGate({ access: { tokens: TOKENS } });
    const statuses: number[] = [];
    for (let n = 0; n < 32; n++) statuses.push((await gate.bearer(newToken().token)).status);
    expect(statuses).toEqual([...Array<number>(30).fill(401), 429, 429]);
    const late = await gate.bearer(newToken().token);
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await gate.bearer(own.token)).status).toBe(200);
  });

  it('do not become requests to the store', async () => {
    gate = await openGate({ access: { tokens: TOKENS } });
    const before = gate.lists();
    for (let n = 0; n < 40; n++) await gate.bearer(newToken().token);
    expect(gate.lists() - before).toBe(5);
    gate.advance(11_000);
    // Over the limit not even a look.
    await gate.bearer(newToken().token);
    expect(gate.lists() - before).toBe(5);
  });

  it('are counted by the address that our proxy saw, and not by what callers say', async () => {
    gate = await openGate({ access: { tokens: TOKENS, proxies: 1, rateLimit: { failures: 2 } } });
    const wrong = async (forwarded: string): Promise<number | undefined> =>
      (await gate?.ask('/read', { Authorization: 'Bearer wrong', 'X-Forwarded-For': forwarded }))?.status;
    expect(await wrong('198.51.100.1')).toBe(401);
    expect(await wrong('203.0.113.9, 198.51.100.1')).toBe(401);
    expect(await wrong('203.0.113.10, 198.51.100.1')).toBe(429);
    expect(await wrong('198.51.100.2')).toBe(401);
  });

  it('are counted by the connection where there is no proxy', async () => {
    gate = await openGate({ access: { tokens: TOKENS, rateLimit: { failures: 1 } } });
    const current = gate;
    const wrong = async (forwarded: string): Promise<number> =>
      (await current.ask('/read', { Authorization: 'Bearer wrong', 'X-Forwarded-For': forwarded })).status;
    expect([await wrong('198.51.100.1'), await wrong('198.51.100.2')]).toEqual([401, 429]);
  });
});

describe('requests', () => {
  it('are limited by who asks, reports apart', async () => {
    const other = newToken();
    gate = await openGate({
      access: {
        tokens: [...TOKENS, { name: 'other', sha256: other.sha256, roles: ['viewer'] }],
        rateLimit: { requests: 4, ingest: 2 },
      },
    });
    const post = { method: 'POST' };
    const statuses = [
      (await gate.bearer(own.token, '/ingest', post)).status,
      (await gate.bearer(own.token, '/ingest', post)).status,
      (await gate.bearer(own.token, '/ingest', post)).status,
      (await gate.bearer(own.token)).status,
      (await gate.bearer(own.token)).status,
    ];
    expect(statuses).toEqual([200, 200, 429, 200, 429]);
    const limited = await gate.bearer(own.token);
    expect(limited.headers.get('content-type')).toContain('application/problem+json');
    expect((await gate.bearer(other.token)).status).toBe(200);
  });

  it('are limited without any token too', async () => {
    gate = await openGate({ access: { tokens: TOKENS, rateLimit: { requests: 2 } } });
    const statuses: number[] = [];
    for (let n = 0; n < 3; n++) statuses.push((await gate.ask('/read')).status);
    expect(statuses).toEqual([401, 401, 429]);
    expect((await gate.bearer(own.token)).status).toBe(200);
  });
});
