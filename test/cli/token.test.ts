import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonOf, type Run, runIn } from './run.ts';
import { emptyFolder, folderOf, sightline, start, type Started } from './support.ts';

const TOKEN = /^slt_[0-9a-f]{16}[A-Za-z0-9_-]{49}$/;

/** Everything that lies in a folder, as one text. */
function contentOf(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');
}

const made = async (run: Run, ...args: string[]): Promise<{ token: string; id: string }> => {
  const [document] = await jsonOf(run, 'token', 'create', '--role', 'viewer', ...args);
  return document as { token: string; id: string };
};

describe('sightline token', () => {
  it('shows a token once, alone on standard output, and keeps only its hash', async () => {
    const folder = emptyFolder();
    const run = runIn(folder);
    const { code, stdout, stderr } = await run([
      'token',
      'create',
      '--role',
      'viewer',
      '--name',
      'grafana',
      '--team',
      'payments',
    ]);
    expect(code).toBe(0);
    expect(stdout.trim()).toMatch(TOKEN);
    expect(stderr).toContain('(grafana) may viewer of teams payments');
    const kept = contentOf(folder);
    expect(kept).toContain('"name": "grafana"');
    expect(kept).toContain('"createdBy": "alice"');
    expect(kept).not.toContain(stdout.trim().slice(20, 60));
    expect(stderr).not.toContain(stdout.trim().slice(20, 60));
  });

  it('lists tokens until they are revoked or expire, and says what each may', async () => {
    const run = runIn(emptyFolder());
    const kept = await made(run, '--name', 'grafana', '--role', 'ingest', '--account', '123456789012');
    const gone = await made(run, '--name', 'old', '--expires', '2099-01-01');
    const [revoked] = await jsonOf(run, 'token', 'revoke', gone.id, '--by', 'bob');
    expect(revoked).toMatchObject({ id: gone.id, state: 'revoked', revokedBy: 'bob' });
    expect(await jsonOf(run, 'token', 'list', '--all')).toHaveLength(2);
    const text = await run(['token', 'list']);
    expect(text.stdout).toContain(kept.id);
    expect(text.stdout).toContain('viewer + ingest of accounts 123456789012');
    expect(text.stdout).not.toContain(gone.id);
    expect((await run(['token', 'revoke', gone.id])).stdout).toContain('was revoked before');
  });

  it('writes down who made and revoked which, without the secret', async () => {
    const folder = emptyFolder();
    const run = runIn(folder);
    const { id, token } = await made(run, '--name', 'grafana');
    await run(['token', 'revoke', id]);
    const audit = contentOf(path.join(folder, 'data/audit'));
    expect(audit.match(/"action": "token\.\w+"/g)?.sort()).toEqual([
      '"action": "token.create"',
      '"action": "token.revoke"',
    ]);
    expect(audit).toContain(`"target": "${id}"`);
    expect(audit).toContain('"subject": "local:alice"');
    expect(contentOf(folder)).not.toContain(token.slice(20));
  });

  it('gives an entry for sightline.yaml that a server takes, and stores nothing', async () => {
    const folder = emptyFolder();
    const args = ['token', 'create', '--role', 'viewer', '--name', 'grafana', '--print-config'];
    const { stdout, stderr } = await runIn(folder)(args);
    expect(readdirSync(folder)).toEqual([]);
    const token = /slt_\S+/.exec(stderr)?.[0] ?? '';
    expect(token).toMatch(TOKEN);
    const other = folderOf({ 'sightline.yaml': stdout });
    const checked = await sightline(['config', 'check', '--json'], { cwd: other });
    expect(checked.documents[0]).toMatchObject({
      access: { tokens: [{ name: 'grafana', roles: ['viewer'] }] },
    });
  });

  it.each([
    [['--role', 'admin'], 'none of viewer, ingest, operator'],
    [[], "required option '--role <role>'"],
    [['--role', 'viewer', '--expires', '2020-01-01'], 'expired already'],
    [['--role', 'viewer', '--expires', 'soon'], '2027-03-31'],
    [['--role', 'viewer', '--name', 'a\u001b[31m'], '--name is no name'],
    [['--role', 'viewer', '--print-config', '--expires', '2099-01-01'], 'has no end'],
  ])('create %j is refused', async (args, said) => {
    const folder = emptyFolder();
    const { code, stderr, stdout } = await runIn(folder)(['token', 'create', ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(said);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('never takes the token itself for its id, nor prints it', async () => {
    const run = runIn(emptyFolder());
    const { token } = await made(run);
    const { code, stderr } = await run(['token', 'revoke', token]);
    expect(code).toBe(2);
    expect(stderr).not.toContain(token.slice(20, 60));
    expect((await run(['token', 'revoke', '0123456789abcdef'])).code).toBe(2);
  });
});

describe('sightline serve', () => {
  it('asks for tokens once there is one, with nothing but health open', async () => {
    const folder = emptyFolder();
    const store = path.join(folder, 'data');
    const { token } = await made(runIn(folder), '--name', 'grafana');
    const server = await start(['serve', '--store', store, '--port', '0']);
    try {
      const status = async (where: string, headers = {}): Promise<number> =>
        (await fetch(new URL(where, server.url), { headers })).status;
      const bearer = { Authorization: `Bearer ${token}` };
      for (const where of ['/', '/metrics', '/reports/report_latest.json', '/raw/x.json.gz', '/nothing'])
        expect(await status(where), where).toBe(401);
      for (const where of ['/healthz', '/readyz']) expect(await status(where)).toBe(200);
      for (const where of ['/', '/metrics']) expect(await status(where, bearer), where).toBe(200);
      const browser = { Authorization: `Basic ${Buffer.from(`me:${token}`).toString('base64')}` };
      expect(await status('/', browser)).toBe(200);
      expect(await status('/', { Authorization: `Bearer ${token}x` })).toBe(401);
    } finally {
      await server.stop();
    }
    expect(server.stderr()).toContain('authentication failed');
    expect(server.stderr()).not.toContain(token.slice(20, 60));
    expect(server.stderr()).not.toContain('no tokens');
  });

  it('shows what shows everything to nobody who may see a part', async () => {
    const folder = emptyFolder();
    const { token } = await made(runIn(folder), '--team', 'payments');
    const server = await start(['serve', '--store', path.join(folder, 'data'), '--port', '0']);
    try {
      const headers = { Authorization: `Bearer ${token}` };
      for (const where of ['/', '/metrics', '/reports/report_latest.json', '/raw/prowler/x.json.gz'])
        expect((await fetch(new URL(where, server.url), { headers })).status, where).toBe(403);
    } finally {
      await server.stop();
    }
  });

  it('says on this machine that nobody is asked', async () => {
    const { code, stdout } = await once(['serve', '--port', '0']);
    expect(code).toBe(0);
    expect(stdout).toContain('no tokens: anyone on this machine');
  });

  it('does not start for others without a token', async () => {
    const { code, stderr } = await sightline(['serve', '--host', '0.0.0.0', '--port', '0']);
    expect(code).toBe(2);
    expect(stderr).toContain('nothing says who may');
    expect(stderr).toContain('sightline token create --role viewer');
  });

  it('does where it is told to let anybody in, and warns', async () => {
    const open = await start(['serve', '--host', '0.0.0.0', '--port', '0', '--insecure-no-access']);
    expect((await fetch(open.url.replace('0.0.0.0', '127.0.0.1'))).status).toBe(200);
    await open.stop();
    expect(open.stderr()).toContain('anyone who reaches this address');
  });
});

/** What a server says from its start to its end. */
async function once(args: readonly string[]): Promise<{ code: number | null; stdout: string }> {
  const server: Started = await start(args);
  // Only at its end has all arrived that it said.
  const code = await server.stop();
  return { stdout: server.stdout(), code };
}
