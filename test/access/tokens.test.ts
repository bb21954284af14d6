import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tokenKey, writeRecord } from '../../collector/src/api/access/token-record.ts';
import { newToken, readToken } from '../../collector/src/api/access/token-text.ts';
import { type Gate, openGate } from './support.ts';

let gate: Gate;
let token: string;

beforeEach(async () => {
  // Asked for a token from the start, as a server is that has one in its configuration.
  gate = await openGate({
    access: { tokens: [{ name: 'first', sha256: 'a'.repeat(64), roles: ['viewer'] }] },
  });
  ({ token } = await gate.makeToken());
});

afterEach(async () => {
  await gate.close();
});

const basic = (password: string): string => `Basic ${Buffer.from(`anyone:${password}`).toString('base64')}`;

describe('a token', () => {
  it('tells who asks, also as the password of a browser', async () => {
    expect(await gate.bearer(token)).toMatchObject({
      status: 200,
      body: { subject: 'token:grafana', roles: ['viewer'], accounts: null, teams: null },
    });
    expect((await gate.ask('/read', { Authorization: basic(token) })).status).toBe(200);
    expect((await gate.ask('/read', { Authorization: `bearer  ${token}` })).status).toBe(200);
  });

  it('works at once, made after the server started', async () => {
    await gate.bearer(token);
    const made = await gate.makeToken({ name: 'later' });
    expect((await gate.bearer(made.token)).body).toMatchObject({ subject: 'token:later' });
  });

  it('is asked for in a way that programs and browsers understand', async () => {
    const answer = await gate.ask('/read', { Accept: '*/*' });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="sightline"');
    const page = await gate.ask('/read', { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
    expect(page.headers.get('www-authenticate')).toMatch(/^Bearer .*, Basic realm=/);
    expect((await gate.ask(`/read?token=${token}&access_token=${token}`)).status).toBe(401);
  });

  it('that lost a character is told apart from one that nobody knows', async () => {
    for (const damaged of [token.slice(0, -1), `${token}x`, flipped(token, 30), flipped(token, 6)])
      expect((await gate.bearer(damaged)).body['detail']).toMatch(/mistyped or cut off/);
    expect((await gate.bearer(newToken().token)).body['detail']).toBe('This server does not know the token.');
  });

  it('with the id of another and its own secret is as unknown as any', async () => {
    const forged = await forgedFor(token);
    expect(readToken(forged)).toEqual(readToken(token));
    expect(await gate.bearer(forged)).toMatchObject({
      status: 401,
      body: { detail: 'This server does not know the token.' },
    });
  });

  it('is out within half a minute when it is revoked, without a restart', async () => {
    const { token: other, record } = await gate.makeToken();
    expect((await gate.bearer(other)).status).toBe(200);
    await writeRecord(gate.store, { ...record, revokedAt: gate.now(), revokedBy: 'alice' });
    gate.advance(30_000);
    expect(await gate.bearer(other)).toMatchObject({
      status: 401,
      body: { detail: 'The token is revoked.' },
    });
    expect((await gate.bearer(token)).status).toBe(200);
  });

  it('is out when its record is gone, or damaged, or is that of another', async () => {
    const gone = await gate.makeToken();
    const damaged = await gate.makeToken();
    const copied = await gate.makeToken();
    for (const made of [gone, damaged, copied]) expect((await gate.bearer(made.token)).status).toBe(200);
    await gate.store.remove([tokenKey(gone.record.id)]);
    await gate.store.put(tokenKey(damaged.record.id), Buffer.from('{"format":1,"roles":["operator"]}'));
    await gate.store.put(
      tokenKey(copied.record.id),
      Buffer.from(JSON.stringify({ format: 1, ...damaged.record })),
    );
    gate.advance(30_000);
    for (const made of [gone, damaged, copied]) expect((await gate.bearer(made.token)).status).toBe(401);
    expect(gate.logged.join('')).toContain('the record of a token is damaged');
  });

  it('ends when it expires', async () => {
    const { token: short } = await gate.makeToken({ expiresAt: gate.now() + 60_000 });
    expect((await gate.bearer(short)).status).toBe(200);
    gate.advance(61_000);
    expect((await gate.bearer(short)).body['detail']).toBe('The token is expired.');
  });

  it('shows its caller only what it is bound to, and nothing that shows everything', async () => {
    const { token: bound } = await gate.makeToken({ accounts: ['123456789012'], teams: ['payments'] });
    expect((await gate.bearer(bound)).body).toMatchObject({
      accounts: ['123456789012'],
      teams: ['payments'],
    });
    expect((await gate.bearer(bound, '/whole')).status).toBe(403);
    expect((await gate.bearer(token, '/whole')).status).toBe(200);
  });
});

describe('roles', () => {
  const POST = { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } };

  it('are kept apart, and an operator has them all', async () => {
    const allowed = async (roles: ('viewer' | 'ingest' | 'operator')[]): Promise<number[]> => {
      const made = await gate.makeToken({ roles, name: roles.join() });
      gate.advance(10_000);
      const answers = [
        await gate.bearer(made.token),
        await gate.bearer(made.token, '/ingest', POST),
        await gate.bearer(made.token, '/decide', POST),
      ];
      return answers.map(({ status }) => status);
    };
    expect(await allowed(['viewer'])).toEqual([200, 403, 403]);
    expect(await allowed(['ingest'])).toEqual([403, 200, 403]);
    expect(await allowed(['viewer', 'ingest'])).toEqual([200, 200, 403]);
    expect(await allowed(['operator'])).toEqual([200, 200, 200]);
  });

  it('say which one is missing', async () => {
    expect((await gate.bearer(token, '/ingest', POST)).body).toMatchObject({
      title: 'Forbidden',
      detail: 'This needs the role ingest, and you have only the role viewer.',
    });
  });
});

describe('a page of another site', () => {
  const change = (headers: Record<string, string>) =>
    gate.ask('/ingest', headers, { method: 'POST' }).then(({ status }) => status);

  it('changes nothing with the token that the browser remembers', async () => {
    const { token: ci } = await gate.makeToken({ roles: ['ingest'] });
    const host = new URL(gate.url).host;
    const Authorization = basic(ci);
    expect(await change({ Authorization, 'Sec-Fetch-Site': 'cross-site' })).toBe(403);
    expect(await change({ Authorization, 'Sec-Fetch-Site': 'same-site' })).toBe(403);
    expect(await change({ Authorization, Origin: 'https://evil.example' })).toBe(403);
    expect(await change({ Authorization, Origin: 'null' })).toBe(403);
    expect(await change({ Authorization, Origin: `http://${host}` })).toBe(200);
    expect(await change({ Authorization, 'Sec-Fetch-Site': 'same-origin' })).toBe(200);
    expect(await change({ Authorization: `Bearer ${ci}`, Origin: 'https://evil.example' })).toBe(200);
  });

  it('changes nothing on the machine that needs no token', async () => {
    const open = await openGate();
    try {
      expect(open.mode).toBe('everyone');
      const foreign = { Origin: 'https://evil.example' };
      expect((await open.ask('/ingest', foreign, { method: 'POST' })).status).toBe(403);
      expect((await open.ask('/ingest', {}, { method: 'POST' })).status).toBe(200);
      expect((await open.ask('/read')).body).toMatchObject({ subject: 'local' });
    } finally {
      await open.close();
    }
  });
});

describe('a store that does not answer', () => {
  it('leaves known tokens alone for a while, and calls no unknown one wrong', async () => {
    expect((await gate.bearer(token)).status).toBe(200);
    const { token: fresh } = await gate.makeToken();
    gate.breakStore(true);
    gate.advance(60_000);
    expect((await gate.bearer(token)).status).toBe(200);
    const unsure = await gate.bearer(fresh);
    expect(unsure.status).toBe(503);
    expect(unsure.headers.get('retry-after')).toBe('5');
    gate.advance(15 * 60_000);
    expect((await gate.bearer(token)).status).toBe(503);
    gate.breakStore(false);
    gate.advance(6_000);
    expect((await gate.bearer(token)).status).toBe(200);
    expect((await gate.bearer(fresh)).status).toBe(200);
  });

  it('does not keep a server with tokens of its own from starting', async () => {
    const { token: own, sha256 } = newToken();
    const other = await openGate({
      access: { tokens: [{ name: 'file', sha256, roles: ['viewer'] }] },
      brokenAtStart: true,
    });
    try {
      expect((await other.bearer(own)).body).toMatchObject({ subject: 'token:file' });
      expect((await other.bearer(newToken().token)).status).toBe(503);
    } finally {
      await other.close();
    }
  });

  it('keeps one from starting that would have to guess whether there are tokens', async () => {
    await expect(openGate({ brokenAtStart: true })).rejects.toMatchObject({ code: 'store' });
  });
});

/** A character at `index` made another one of the same alphabet. */
function flipped(text: string, index: number): string {
  return text.slice(0, index) + (text[index] === '0' ? '1' : '0') + text.slice(index + 1);
}

/** A token with the id of another, whose checksum is right: what somebody makes who knows the id and the code. */
async function forgedFor(text: string): Promise<string> {
  const { crc32 } = await import('node:zlib');
  const body = text.slice(0, 20) + newToken().token.slice(20, 63);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return body + checksum.toString('base64url');
}
