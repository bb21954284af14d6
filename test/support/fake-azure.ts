import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodyOf, listenTls, type TlsListener } from './listener.ts';

/**
 * Behaves as the documentation of Azure Resource Manager and of Microsoft's identity platform says: tokens, subscriptions and
 * management groups in pages, effective permissions, refusals, throttling. There is no emulator of these.
 */
export interface FakeAzure extends TlsListener {
  subscriptions: FakeSubscription[];
  /** Ids of subscriptions and groups below a management group, the deep ones too. */
  groups: Record<string, readonly string[]>;
  /** What is listed, by path. A list of a service that is not here is empty. */
  resources: Record<string, readonly unknown[]>;
  permissions: Record<string, readonly { actions: string[]; notActions: string[] }[]>;
  /** Asked for each call of Resource Manager: a status in place of the answer, or the end of the connection. */
  decide: (request: IncomingMessage, count: number) => number | 'reset' | 'pass';
  /** Calls of Resource Manager. */
  count: number;
  /** Bodies of requests for tokens. */
  readonly grants: URLSearchParams[];
  /** With which the next requests for tokens are answered. */
  tokenFates: number[];
  /** In place of the own address in links to further pages. */
  linksTo: string | undefined;
}

export interface FakeSubscription {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly tags?: Record<string, string>;
}

export const TENANT = '7a1f0c1e-0000-4222-8333-444455556666';
export const CLIENT = '11111111-2222-4333-8444-555555555555';
export const CLIENT_SECRET = 'a-secret-of-azure';
const PAGE = 2;
/** Of a subscription, and of a thing in it. */
const LISTS =
  /^\/subscriptions\/[^/]+\/(resourceGroups\/[^/]+\/)?providers\/Microsoft\.(Network|Web|App|Cdn|ApiManagement)\//;

export async function startFakeAzure(): Promise<FakeAzure> {
  const listener = await listenTls((request, response) => {
    void answer(request, response).catch((error: unknown) => {
      send(response, 599, { error: { code: String(error) } });
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', listener.url);
    if (url.pathname === `/${TENANT}/v2.0/.well-known/openid-configuration`) {
      send(response, 200, {
        issuer: `${listener.url}/${TENANT}/v2.0`,
        token_endpoint: `${listener.url}/${TENANT}/oauth2/v2.0/token`,
        authorization_endpoint: `${listener.url}/${TENANT}/oauth2/v2.0/authorize`,
        jwks_uri: `${listener.url}/${TENANT}/keys`,
      });
      return;
    }
    if (url.pathname === `/${TENANT}/oauth2/v2.0/token`) {
      const grant = new URLSearchParams(await bodyOf(request));
      fake.grants.push(grant);
      if (fake.tokenFates.length > 0) {
        send(response, fake.tokenFates.shift() ?? 503, {});
        return;
      }
      const isRight =
        grant.get('client_secret') === CLIENT_SECRET || grant.get('client_assertion') === 'projected-token';
      if (!isRight) {
        send(response, 401, {
          error: 'invalid_client',
          error_description:
            'AADSTS7000215: Invalid client secret provided. Ensure the secret being sent is the client secret value.\r\nTrace ID: 0\r\n',
          error_codes: [7000215],
        });
        return;
      }
      send(response, 200, { token_type: 'Bearer', expires_in: 3599, access_token: fakeToken() });
      return;
    }
    manager(request, response, url);
  }

  function manager(request: IncomingMessage, response: ServerResponse, url: URL): void {
    fake.count++;
    const fate = fake.decide(request, fake.count);
    if (fate === 'reset') {
      request.socket.destroy();
      return;
    }
    if (fate !== 'pass') {
      const code =
        { 403: 'AuthorizationFailed', 409: 'MissingSubscriptionRegistration', 429: 'TooManyRequests' }[
          fate
        ] ?? 'InternalServerError';
      send(response, fate, { error: { code, message: 'no' } }, fate === 429 ? { 'retry-after': '1' } : {});
      return;
    }
    if (request.headers.authorization !== `Bearer ${fakeToken()}`) {
      send(response, 401, { error: { code: 'InvalidAuthenticationToken', message: 'no' } });
      return;
    }
    const group = /managementGroups\/([^/]+)\/descendants$/.exec(url.pathname)?.[1];
    const permitted = /^\/subscriptions\/([^/]+)\/providers\/Microsoft.Authorization\/permissions$/.exec(
      url.pathname,
    )?.[1];
    if (url.pathname === '/subscriptions') {
      const list = fake.subscriptions.map(({ id, name, state, tags }) => ({
        id: `/subscriptions/${id}`,
        subscriptionId: id,
        tenantId: TENANT,
        displayName: name,
        state,
        ...(tags === undefined ? {} : { tags }),
        subscriptionPolicies: { quotaId: 'PayAsYouGo_2014-09-01' },
      }));
      page(response, url, list);
    } else if (group !== undefined && fake.groups[group] !== undefined) {
      const list = fake.groups[group].map((name) => ({
        name,
        type: /^[0-9a-f-]{36}$/i.test(name) ? '/subscriptions' : 'Microsoft.Management/managementGroups',
        properties: { displayName: name },
      }));
      page(response, url, list);
    } else if (fake.resources[url.pathname] !== undefined || LISTS.test(url.pathname)) {
      if (!url.searchParams.has('api-version'))
        send(response, 400, { error: { code: 'MissingApiVersionParameter', message: 'no' } });
      else page(response, url, fake.resources[url.pathname] ?? []);
    } else if (permitted !== undefined) {
      page(response, url, fake.permissions[permitted] ?? []);
    } else {
      send(response, 404, { error: { code: 'NotFound', message: 'no' } });
    }
  }

  function page(response: ServerResponse, url: URL, list: readonly unknown[]): void {
    const from = Number(url.searchParams.get('$skiptoken') ?? 0);
    const next = new URL(url);
    next.searchParams.set('$skiptoken', String(from + PAGE));
    const link = next.href.replace(listener.url, fake.linksTo ?? listener.url);
    send(response, 200, {
      value: list.slice(from, from + PAGE),
      ...(from + PAGE < list.length ? { nextLink: link } : {}),
    });
  }

  const fake: FakeAzure = {
    ...listener,
    subscriptions: [],
    groups: {},
    resources: {},
    permissions: {},
    decide: () => 'pass',
    count: 0,
    grants: [],
    tokenFates: [],
    linksTo: undefined,
  };
  return fake;
}

/** A token with the claims that one of Azure has; nobody but Resource Manager may look at its signature. */
export function fakeToken(): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ tid: TENANT, appid: CLIENT, ver: '1.0' })}.c2ln`;
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
