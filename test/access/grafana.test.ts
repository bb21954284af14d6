import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JWTPayload } from 'jose';
import { newToken } from '../../collector/src/api/access/token-text.ts';
import { inSeconds, type Issuer, startIssuer } from './issuer.ts';
import { type Answer, type Gate, openGate } from './support.ts';

const shared = newToken();
const alerting = newToken();
const ci = newToken();
const KID = 'id-2026-11-es256';

let grafana: Issuer;
let gate: Gate;

beforeEach(async () => {
  grafana = await startIssuer('ES256', KID);
  gate = await gateFor({});
});

afterEach(async () => {
  await gate.close();
  await grafana.close();
});

const ROWS = [
  { user: 'cf1a2b3c4d5e6f', accounts: ['123456789012', '210987654321'] },
  { email: 'alice@example.org', accounts: ['aws/123456789012'] },
  { login: 'bob', teams: ['payments'] },
  { user: 'service-account:sa9z', teams: ['data'] },
  { org: 2, role: 'Admin' },
];

const gateFor = (more: Record<string, unknown>): Promise<Gate> =>
  openGate({
    access: {
      tokens: [
        { name: 'grafana', sha256: shared.sha256, roles: ['viewer'], accounts: ['123456789012', '333'] },
        { name: 'alerting', sha256: alerting.sha256, roles: ['viewer'] },
        { name: 'ci', sha256: ci.sha256, roles: ['ingest'] },
      ],
      grafana: { url: grafana.url, issuer: 'https://grafana.example.org', rows: ROWS, ...more },
    },
  });

/** As Grafana 12.4 signs it for a user who logged in by OAuth. */
const identity = (more: JWTPayload = {}): JWTPayload => ({
  iss: 'https://grafana.example.org/',
  aud: ['org:1'],
  sub: 'user:7',
  iat: inSeconds(0),
  exp: inSeconds(600),
  identifier: 'cf1a2b3c4d5e6f',
  type: 'user',
  namespace: 'default',
  authenticatedBy: 'oauth_generic_oauth',
  email: 'carol@example.org',
  username: 'carol',
  name: 'Carol',
  role: 'Viewer',
  ...more,
});

const seenBy = async (claims: JWTPayload, where = gate): Promise<Answer> =>
  where.ask('/read', {
    Authorization: `Bearer ${shared.token}`,
    'X-Grafana-Id': await grafana.sign(claims, { typ: 'jwt' }),
  });

const other = (more: JWTPayload): JWTPayload => identity({ identifier: 'another', ...more });

describe('the identity that Grafana signs', () => {
  it('leaves of what the token sees what the person may see', async () => {
    expect((await seenBy(identity())).body).toEqual({
      subject: 'token:grafana/user:cf1a2b3c4d5e6f',
      roles: ['viewer'],
      accounts: ['123456789012'],
      teams: null,
    });
    expect((await seenBy(other({ email: 'Alice@example.org' }))).body).toMatchObject({
      accounts: ['aws/123456789012'],
    });
    expect((await seenBy(other({ username: 'bob' }))).body).toMatchObject({
      accounts: ['123456789012', '333'],
      teams: ['payments'],
    });
    const robot = { sub: 'service-account:9', identifier: 'sa9z', type: 'service-account' };
    expect((await seenBy(identity(robot))).body).toMatchObject({ teams: ['data'] });
    expect((await seenBy(other({ aud: 'org:2', role: 'Admin' }))).body).toMatchObject({
      accounts: ['123456789012', '333'],
      teams: null,
    });
  });

  it('keys are read from where Grafana publishes them', async () => {
    await seenBy(identity());
    expect(grafana.asked).toEqual(['/api/signing-keys/keys']);
  });

  it('never shows more than the token does', async () => {
    const narrow = await openGate({
      access: {
        tokens: [{ name: 'grafana', sha256: shared.sha256, roles: ['viewer'], accounts: ['333'] }],
        grafana: { url: grafana.url, issuer: 'https://grafana.example.org', rows: ROWS },
      },
    });
    expect((await seenBy(identity(), narrow)).status).toBe(403);
    await narrow.close();
  });

  it('shows nothing to who has no row, or all, as the configuration says', async () => {
    expect(await seenBy(other({}))).toMatchObject({
      status: 403,
      body: { detail: 'access.grafana.rows has no row for you, so there is nothing for you to see.' },
    });
    const open = await gateFor({ default: 'all' });
    expect((await seenBy(other({}), open)).body).toMatchObject({ accounts: ['123456789012', '333'] });
    await open.close();
  });

  it('does not believe addresses and names that people can give themselves', async () => {
    const self = { authenticatedBy: 'password', email: 'alice@example.org', username: 'bob' };
    expect((await seenBy(other(self))).status).toBe(403);
    expect((await seenBy(other({ ...self, email_verified: true }))).body).toMatchObject({
      accounts: ['aws/123456789012'],
    });
    const { authenticatedBy: _left, ...unsaid } = other({ username: 'bob' });
    expect((await seenBy(unsaid)).status).toBe(403);
    // A user can't name themselves like a service account either.
    expect((await seenBy(other({ identifier: 'sa9z' }))).status).toBe(403);
  });
});

describe('an identity is refused', () => {
  it.each([
    ['that has expired', { exp: inSeconds(-120) }],
    ['of another Grafana', { iss: 'https://other.example.org/' }],
    ['of no organization', { aud: 'grafana' }],
    ['without its uid', { identifier: undefined }],
    ['without its kind', { type: undefined }],
  ])('%s', async (_name, more) => {
    const answer = await seenBy(identity(more));
    expect(answer.status).toBe(401);
    expect(answer.body['detail']).toMatch(/^X-Grafana-Id: /);
  });

  it('of an organization that is not named', async () => {
    const one = await gateFor({ orgs: [1] });
    expect((await seenBy(identity(), one)).status).toBe(200);
    expect((await seenBy(identity({ aud: 'org:2' }), one)).status).toBe(401);
    await one.close();
  });

  it('signed by anybody else, or not at all', async () => {
    const evil = await startIssuer('ES256', KID);
    const forged = await evil.sign(identity());
    const [head, body] = (await grafana.sign(identity())).split('.');
    for (const jwt of [forged, `${head}.${body}.`, 'user:cf1a2b3c4d5e6f', '']) {
      const headers = { Authorization: `Bearer ${shared.token}`, 'X-Grafana-Id': jwt };
      expect((await gate.ask('/read', headers)).status, jwt).toBe(401);
    }
    await evil.close();
  });

  it('where the token is wrong, however right the person', async () => {
    const headers = {
      Authorization: `Bearer ${newToken().token}`,
      'X-Grafana-Id': await grafana.sign(identity()),
    };
    expect((await gate.ask('/read', headers)).status).toBe(401);
    expect((await gate.ask('/read', { 'X-Grafana-Id': headers['X-Grafana-Id'] })).status).toBe(401);
  });
});

describe('without an identity', () => {
  it('the token sees what it sees, where none is required', async () => {
    expect((await gate.bearer(shared.token)).body).toMatchObject({ subject: 'token:grafana' });
  });

  it('reading is refused where one is, but for tokens that are exempt', async () => {
    const strict = await gateFor({ required: true, exempt: ['alerting'] });
    expect((await strict.bearer(shared.token)).status).toBe(401);
    expect((await seenBy(identity(), strict)).status).toBe(200);
    expect((await strict.bearer(alerting.token)).status).toBe(200);
    expect((await strict.bearer(ci.token, '/ingest', { method: 'POST' })).status).toBe(200);
    await strict.close();
  });
});

it('a Grafana that does not answer makes nobody wrong', async () => {
  grafana.failWith(502);
  expect((await seenBy(identity())).status).toBe(503);
});
