import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { newToken } from '../../collector/src/api/access/token-text.ts';
import { type Gate, type GateOptions, openGate } from './support.ts';

const gates: Gate[] = [];

const open = async (options: GateOptions): Promise<Gate> => {
  const gate = await openGate(options);
  gates.push(gate);
  return gate;
};

afterEach(async () => {
  for (const gate of gates.splice(0)) await gate.close();
});

describe('a server', () => {
  it('asks nobody on this machine while there are no tokens', async () => {
    for (const host of ['127.0.0.1', 'localhost', '::1'])
      expect((await open({ host })).mode).toBe('everyone');
  });

  it('does not start where others could reach it and nobody would be asked', async () => {
    for (const host of ['0.0.0.0', '::', '10.0.0.5', 'findings.example.org', '127.0.0.1.example.org']) {
      await expect(open({ host })).rejects.toMatchObject({
        exitCode: 2,
        hint: expect.stringContaining('sightline token create') as string,
      });
    }
    await expect(open({ publicUrl: 'https://findings.example.org' })).rejects.toMatchObject({ exitCode: 2 });
    expect((await open({ publicUrl: 'http://localhost:9000' })).mode).toBe('everyone');
    const forced = await open({ host: '0.0.0.0', insecure: true });
    expect((await forced.ask('/read')).body).toMatchObject({ subject: 'anonymous' });
  });

  it('asks on this machine too once there is a token, even a revoked one', async () => {
    const { token } = newToken();
    const gate = await open({});
    const revoked = await gate.makeToken({ revokedAt: 1, revokedBy: 'alice' });
    const second = await open({
      prepare: (store) =>
        store.put(
          `access/tokens/${revoked.record.id}.json`,
          Buffer.from(JSON.stringify({ format: 1, ...revoked.record })),
        ),
    });
    expect(second.mode).toBe('checked');
    expect((await second.ask('/read')).status).toBe(401);
    expect((await second.bearer(token)).status).toBe(401);
  });
});

describe('a token of the environment', () => {
  const secret = 'a/+9'.repeat(11);

  it('reads, unless its roles say more', async () => {
    const gate = await open({ env: { SIGHTLINE_TOKEN: secret }, host: '0.0.0.0' });
    expect((await gate.bearer(secret)).body).toMatchObject({
      subject: 'token:environment',
      roles: ['viewer'],
    });
    expect((await gate.bearer(`${secret}x`)).status).toBe(401);
    const more = await open({
      env: { SIGHTLINE_TOKEN: secret, SIGHTLINE_TOKEN_ROLES: 'viewer, ingest' },
    });
    expect((await more.bearer(secret)).body).toMatchObject({ roles: ['viewer', 'ingest'] });
  });

  it('may stand in a file, as secrets of containers do', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sightline-secret-'));
    try {
      const file = path.join(folder, 'token');
      await writeFile(file, `${secret}\n`);
      const gate = await open({ env: { SIGHTLINE_TOKEN_FILE: file } });
      expect((await gate.bearer(secret)).status).toBe(200);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each([
    ['that is short', { SIGHTLINE_TOKEN: 'secret' }],
    ['with a space in it', { SIGHTLINE_TOKEN: `${'x'.repeat(40)} ${'y'.repeat(40)}` }],
    ['that lost its end', { SIGHTLINE_TOKEN: newToken().token.slice(0, 60) }],
    ['twice', { SIGHTLINE_TOKEN: secret, SIGHTLINE_TOKEN_FILE: '/run/secrets/token' }],
    ['from a file that is not there', { SIGHTLINE_TOKEN_FILE: '/run/secrets/none' }],
    ['with a role that is none', { SIGHTLINE_TOKEN: secret, SIGHTLINE_TOKEN_ROLES: 'viewer,admin' }],
  ])('%s is refused, and not printed', async (_name, env) => {
    const error: unknown = await open({ env }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'config', exitCode: 2 });
    expect(JSON.stringify([String(error), error])).not.toContain(
      'SIGHTLINE_TOKEN' in env ? env.SIGHTLINE_TOKEN : secret,
    );
  });
});
