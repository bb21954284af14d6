import { createHmac } from 'node:crypto';
import { exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inSeconds, type Issuer, startIssuer } from './issuer.ts';
import { type Answer, type Gate, openGate } from './support.ts';

const AUDIENCE = 'sightline';

let issuer: Issuer;
let gate: Gate;

beforeEach(async () => {
  issuer = await startIssuer();
  gate = await gateFor({});
});

afterEach(async () => {
  await gate.close();
  await issuer.close();
});

const gateFor = (more: Record<string, unknown>): Promise<Gate> =>
  openGate({
    host: '0.0.0.0',
    access: {
      oidc: {
        issuer: issuer.url,
        audience: AUDIENCE,
        roles: { security: 'operator', dev: 'viewer' },
        ...more,
      },
    },
  });

const claims = (more: JWTPayload = {}): JWTPayload => ({
  iss: issuer.url,
  aud: AUDIENCE,
  sub: '7f3c',
  iat: inSeconds(0),
  nbf: inSeconds(0),
  exp: inSeconds(300),
  roles: ['dev'],
  ...more,
});

const without = (name: string): JWTPayload => {
  const { [name]: _left, ...rest } = claims();
  return rest;
};

const detailOf = ({ body }: Answer): unknown => body['detail'];

describe('a token of the issuer', () => {
  it('gives the roles that its values stand for, and a subject that is verified', async () => {
    expect((await gate.bearer(await issuer.sign(claims()))).body).toEqual({
      subject: 'oidc:7f3c',
      roles: ['viewer'],
      accounts: null,
      teams: null,
    });
    const known = { email: 'alice@example.org', email_verified: true, roles: ['security', 'other'] };
    expect((await gate.bearer(await issuer.sign(claims(known)))).body).toMatchObject({
      subject: 'oidc:alice@example.org',
      roles: ['operator'],
    });
    const claimed = { email: 'alice@example.org', email_verified: false };
    expect((await gate.bearer(await issuer.sign(claims(claimed)))).body).toMatchObject({
      subject: 'oidc:7f3c',
    });
  });

  it('finds the keys by discovery, once', async () => {
    for (let n = 0; n < 3; n++) await gate.bearer(await issuer.sign(claims()));
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration', '/jwks']);
  });

  it('may do nothing without a role, or what the default says', async () => {
    const stranger = await issuer.sign(claims({ roles: ['__proto__', 'constructor'] }));
    expect(await gate.bearer(stranger)).toMatchObject({
      status: 403,
      body: { detail: 'This needs the role viewer, and you have no role.' },
    });
    const other = await gateFor({ defaultRole: 'viewer' });
    expect((await other.bearer(stranger)).body).toMatchObject({ roles: ['viewer'] });
    await other.close();
  });

  it('takes roles, accounts and teams from where the configuration says', async () => {
    const other = await gateFor({
      rolesClaim: 'realm_access.roles',
      accountsClaim: 'https://example.org/accounts',
      teamsClaim: 'team',
    });
    const seen = async (more: JWTPayload): Promise<Answer> =>
      other.bearer(await issuer.sign(claims({ realm_access: { roles: ['dev'] }, ...more })));
    const accounts = { 'https://example.org/accounts': ['123456789012', 7, 'aws/210987654321'] };
    expect((await seen({ ...accounts, team: 'payments' })).body).toMatchObject({
      accounts: ['123456789012', 'aws/210987654321'],
      teams: ['payments'],
    });
    expect((await seen({ ...accounts, team: ['*'] })).body).toMatchObject({ teams: null });
    expect((await seen({ team: ['payments'] })).status).toBe(403);
    expect((await seen({ ...accounts, team: [] })).status).toBe(403);
    await other.close();
  });

  it('is taken with every algorithm of the list', async () => {
    for (const alg of ['PS256', 'ES256', 'EdDSA']) {
      const second = await startIssuer(alg);
      const other = await openGate({
        access: { oidc: { issuer: second.url, audience: AUDIENCE, defaultRole: 'viewer' } },
      });
      const jwt = await second.sign({ ...claims(), iss: second.url });
      expect((await other.bearer(jwt)).status, alg).toBe(200);
      await other.close();
      await second.close();
    }
  });

  it('is taken with the next key, once the issuer signs with it', async () => {
    const other = await gateFor({ jwksUrl: `${issuer.url}/jwks` });
    await issuer.addKey('two', 'RS256');
    expect((await other.bearer(await issuer.sign(claims(), { kid: 'two' }))).status).toBe(200);
    await other.close();
  });
});

describe('a token is refused', () => {
  it.each([
    ['that has expired', { exp: inSeconds(-120) }, 'The token has expired.'],
    ['that is not valid yet', { nbf: inSeconds(120) }, /"nbf"/],
    ['for another audience', { aud: 'grafana' }, /"aud"/],
    ['of another issuer', { iss: 'https://evil.example' }, /"iss"/],
    ['with an issuer that only begins alike', { iss: 'http://127.0.0.1' }, /"iss"/],
  ])('%s', async (_name, more, detail) => {
    const answer = await gate.bearer(await issuer.sign(claims(more)));
    expect(answer.status).toBe(401);
    expect(detailOf(answer)).toMatch(detail);
  });

  it.each(['exp', 'iss', 'aud', 'sub'])('without %s', async (name) => {
    const answer = await gate.bearer(await issuer.sign(without(name)));
    expect(answer.status).toBe(401);
    expect(detailOf(answer)).toContain(`"${name}"`);
  });

  it('only after a minute of tolerance', async () => {
    expect((await gate.bearer(await issuer.sign(claims({ exp: inSeconds(-30) })))).status).toBe(200);
    expect((await gate.bearer(await issuer.sign(claims({ nbf: inSeconds(30) })))).status).toBe(200);
  });

  it('with the algorithm none', async () => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (const alg of ['none', 'None', 'NONE']) {
      const body = part(claims({ roles: ['security'] }));
      expect((await gate.bearer(`${part({ alg, typ: 'JWT', kid: 'one' })}.${body}.`)).status).toBe(401);
    }
  });

  it('signed by HS256 with the public key as secret', async () => {
    const pem = await exportSPKI(issuer.key('one').publicKey);
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (const secret of [pem, pem.trim(), JSON.stringify(issuer.key('one').jwk)]) {
      const signed = `${part({ alg: 'HS256', typ: 'JWT', kid: 'one' })}.${part(claims())}`;
      const signature = createHmac('sha256', secret).update(signed).digest('base64url');
      expect((await gate.bearer(`${signed}.${signature}`)).status).toBe(401);
    }
  });

  it('signed by a key of its own, whatever its header says of keys', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    const own = await startIssuer('RS256', 'evil');
    for (const header of [
      { kid: 'one' },
      { kid: 'evil' },
      { kid: '../../../../dev/null' },
      { kid: "one' or '1'='1" },
      {},
      { jku: `${own.url}/jwks`, kid: 'evil' },
      { jwk: own.key('evil').jwk, kid: 'one' },
      { x5u: `${own.url}/cert` },
    ]) {
      const key = 'jku' in header || 'jwk' in header ? own.key('evil').privateKey : privateKey;
      const jwt = await new SignJWT(claims({ roles: ['security'] }))
        .setProtectedHeader({ alg: 'RS256', ...header })
        .sign(key);
      expect((await gate.bearer(jwt)).status, JSON.stringify(header)).toBe(401);
    }
    expect(own.asked).toEqual([]);
    await own.close();
  });

  it('that was changed after it was signed', async () => {
    const [head, body, signature] = (await issuer.sign(claims())).split('.');
    const changed = Buffer.from(JSON.stringify(claims({ roles: ['security'] }))).toString('base64url');
    expect((await gate.bearer(`${head}.${changed}.${signature}`)).status).toBe(401);
    expect((await gate.bearer(`${head}.${body}.`)).status).toBe(401);
    expect((await gate.bearer('eyJub3BlIg.eyJub3BlIg.x')).status).toBe(401);
  });

  it('that is a notice of log-out', async () => {
    const jwt = await issuer.sign(claims(), { typ: 'logout+jwt' });
    expect(detailOf(await gate.bearer(jwt))).toBe('The token is of another kind.');
  });
});

describe('an issuer that does not answer', () => {
  it('makes nobody wrong, and is not asked with every request', async () => {
    issuer.failWith(503);
    const jwt = await issuer.sign(claims());
    for (let n = 0; n < 5; n++) {
      const answer = await gate.bearer(jwt);
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    }
    expect(issuer.asked).toHaveLength(1);
  });

  it('leaves those alone whose key is known', async () => {
    const jwt = await issuer.sign(claims());
    expect((await gate.bearer(jwt)).status).toBe(200);
    issuer.failWith(500);
    expect((await gate.bearer(jwt)).status).toBe(200);
  });

  it('is not believed with the document of another, or keys without https', async () => {
    issuer.describe({ issuer: 'https://evil.example', jwks_uri: `${issuer.url}/jwks` });
    expect((await gate.bearer(await issuer.sign(claims()))).status).toBe(503);
    const other = await gateFor({});
    issuer.describe({ issuer: issuer.url, jwks_uri: 'http://keys.example.org/jwks' });
    expect((await other.bearer(await issuer.sign(claims()))).status).toBe(503);
    expect(other.logged.join('')).toContain('names keys without https');
    await other.close();
  });
});

it('nothing that is written down holds a token or its claims', async () => {
  const good = await issuer.sign(claims({ email: 'alice@example.org' }));
  const expired = await issuer.sign(claims({ exp: inSeconds(-500), email: 'bob@example.org' }));
  const { token } = await gate.makeToken();
  const answers = [
    await gate.bearer(good),
    await gate.bearer(expired),
    await gate.bearer(token),
    await gate.bearer(`${token}x`),
    await gate.ask('/read', { Authorization: `Basic ${Buffer.from(`a:${token}`).toString('base64')}` }),
    await gate.ask('/read', { Authorization: `Digest ${token}` }),
  ];
  const written = gate.logged.join('') + JSON.stringify(answers.map(({ body }) => body));
  expect(gate.logged.length).toBeGreaterThan(2);
  for (const secret of [good, expired].flatMap((jwt) => jwt.split('.').slice(1)).concat(token.slice(20, 60)))
    expect(written).not.toContain(secret);
  expect(written).not.toContain('bob@example.org');
});
