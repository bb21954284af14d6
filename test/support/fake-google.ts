import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { jwtVerify } from 'jose';
import { bodyOf, type Listener, listen } from './listener.ts';

/**
 * Behaves as the documentation of Google's Cloud Resource Manager v3, of its Security Token Service and of the metadata server
 * says: pages, deleted projects, refusals, throttling. There is no emulator of these.
 */
export interface FakeGoogle extends Listener {
  projects: FakeProject[];
  folders: FakeFolder[];
  /** Pages of lists of other services, by path, without the tokens that lead from one to the next. */
  pages: Record<string, readonly object[]>;
  /** Services that are not enabled, by the beginning of their paths, and in which project. */
  disabled: Record<string, string>;
  /** By project: what the caller may. */
  permissions: Record<string, readonly string[]>;
  decide: (request: IncomingMessage, count: number) => number | 'reset' | 'pass';
  /** Calls of Resource Manager. */
  count: number;
  /** A key of a service account, as Google gives it out. */
  readonly key: string;
  /** Requests to exchange a token of a workload. */
  readonly exchanges: URLSearchParams[];
}

export interface FakeProject {
  readonly projectId: string;
  /** `projects/123`, with its number. */
  readonly name?: string;
  readonly parent: string;
  readonly state: string;
  readonly displayName?: string;
  readonly labels?: Record<string, string>;
}

export interface FakeFolder {
  readonly name: string;
  readonly parent: string;
  readonly state: string;
}

export const SERVICE_ACCOUNT = 'auditor@example-project.iam.gserviceaccount.com';
const EXCHANGED = 'token-of-a-workload';
const OF_THE_MACHINE = 'token-of-the-machine';
const PAGE = 2;

export async function startFakeGoogle(): Promise<FakeGoogle> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const listener = await listen((request, response) => {
    void answer(request, response).catch((error: unknown) => {
      send(response, 599, { error: { status: String(error) } });
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', listener.url);
    if (url.pathname.startsWith('/computeMetadata')) {
      metadata(request, response, url);
      return;
    }
    if (url.pathname === '/sts/token') {
      const exchange = new URLSearchParams(await bodyOf(request));
      fake.exchanges.push(exchange);
      const isRight = exchange.get('subject_token') === 'projected-token';
      send(
        response,
        isRight ? 200 : 400,
        isRight
          ? {
              access_token: EXCHANGED,
              issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
              token_type: 'Bearer',
              expires_in: 3600,
            }
          : { error: 'invalid_grant', error_description: 'The audience in ID Token does not match.' },
      );
      return;
    }
    await manager(request, response, url);
  }

  /** @see https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys */
  function metadata(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const values: Record<string, unknown> = {
      '/computeMetadata/v1/instance': {},
      '/computeMetadata/v1/universe/universe-domain': 'googleapis.com',
      '/computeMetadata/v1/instance/service-accounts/default/email': SERVICE_ACCOUNT,
      '/computeMetadata/v1/instance/service-accounts/default': {
        email: SERVICE_ACCOUNT,
        aliases: [],
        scopes: [],
      },
      '/computeMetadata/v1/instance/service-accounts/default/token': {
        access_token: OF_THE_MACHINE,
        expires_in: 3599,
        token_type: 'Bearer',
      },
    };
    const value = values[url.pathname.replace(/\/$/, '')];
    const isRight = request.headers['metadata-flavor'] === 'Google' && value !== undefined;
    response.writeHead(isRight ? 200 : 404, {
      'content-type': typeof value === 'string' ? 'application/text' : 'application/json',
      'metadata-flavor': 'Google',
    });
    response.end(typeof value === 'string' ? value : JSON.stringify(value ?? {}));
  }

  async function manager(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    fake.count++;
    const fate = fake.decide(request, fake.count);
    if (fate === 'reset') {
      request.socket.destroy();
      return;
    }
    if (fate !== 'pass') {
      const status = { 403: 'PERMISSION_DENIED', 429: 'RESOURCE_EXHAUSTED' }[fate] ?? 'INTERNAL';
      send(response, fate, { error: { code: fate, message: 'no', status } });
      return;
    }
    const isOther = !url.pathname.startsWith('/v3/');
    if (!(await isKnown(request.headers.authorization ?? '', isOther))) {
      send(response, 401, { error: { code: 401, message: 'no', status: 'UNAUTHENTICATED' } });
      return;
    }
    if (isOther) {
      service(response, url);
      return;
    }
    const parent = url.searchParams.get('parent');
    const one = fake.projects.find(({ projectId }) => url.pathname === `/v3/projects/${projectId}`);
    const tested = /^\/v3\/projects\/([^/:]+):testIamPermissions$/.exec(url.pathname)?.[1];
    if (one !== undefined) {
      send(response, 200, { ...one, name: one.name ?? 'projects/1' });
    } else if (url.pathname === '/v3/projects:search') {
      const active = fake.projects.filter(({ state }) => state === 'ACTIVE');
      page(
        response,
        url,
        'projects',
        url.searchParams.get('query') === 'state:ACTIVE' ? active : fake.projects,
      );
    } else if (url.pathname === '/v3/projects' && parent !== null) {
      page(
        response,
        url,
        'projects',
        fake.projects.filter((project) => project.parent === parent),
      );
    } else if (url.pathname === '/v3/folders' && parent !== null) {
      page(
        response,
        url,
        'folders',
        fake.folders.filter((folder) => folder.parent === parent),
      );
    } else if (tested !== undefined) {
      const { permissions } = JSON.parse(await bodyOf(request)) as { permissions: string[] };
      const held = permissions.filter((one) => fake.permissions[tested]?.includes(one) === true);
      send(response, permissions.length > 100 ? 400 : 200, held.length === 0 ? {} : { permissions: held });
    } else {
      send(response, 404, { error: { code: 404, message: 'no', status: 'NOT_FOUND' } });
    }
  }

  function service(response: ServerResponse, url: URL): void {
    const consumer = Object.entries(fake.disabled).find(([path]) => url.pathname.startsWith(path))?.[1];
    const pages = fake.pages[url.pathname];
    if (consumer !== undefined) {
      /** @see https://cloud.google.com/apis/design/errors#error_info */
      const info = {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        ...{ reason: 'SERVICE_DISABLED', domain: 'googleapis.com', metadata: { consumer } },
      };
      const help = { '@type': 'type.googleapis.com/google.rpc.Help', links: [] };
      const error = { code: 403, message: 'no', status: 'PERMISSION_DENIED', details: [help, info] };
      send(response, 403, { error });
    } else if (pages === undefined) {
      send(response, url.pathname.startsWith('/v1/apps/') ? 404 : 200, {});
    } else {
      const isKnative = url.pathname.startsWith('/apis/');
      const index = Number(url.searchParams.get(isKnative ? 'continue' : 'pageToken') ?? 0);
      const token = index + 1 < pages.length ? String(index + 1) : undefined;
      const next = isKnative ? { metadata: { continue: token } } : { nextPageToken: token };
      send(response, 200, { ...next, ...pages[index] });
    }
  }

  async function isKnown(authorization: string, isOther: boolean): Promise<boolean> {
    const token = authorization.replace(/^Bearer /, '');
    if (token === EXCHANGED || token === OF_THE_MACHINE) return true;
    try {
      const { payload } = await jwtVerify(
        token,
        createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })),
        {
          issuer: SERVICE_ACCOUNT,
          subject: SERVICE_ACCOUNT,
        },
      );
      const { scope } = payload;
      // Not every service takes the smaller one.
      if (isOther) return scope === 'https://www.googleapis.com/auth/cloud-platform';
      return typeof scope === 'string' && scope.includes('/auth/cloud-platform');
    } catch {
      return false;
    }
  }

  /** The first page is empty: that happens, and is not the end. */
  function page(response: ServerResponse, url: URL, name: string, list: readonly unknown[]): void {
    const token = url.searchParams.get('pageToken');
    if (token === null) {
      send(response, 200, { nextPageToken: 'from-0' });
      return;
    }
    const from = Number(token.replace('from-', ''));
    const isLast = from + PAGE >= list.length;
    send(response, 200, {
      ...(list.length === 0 ? {} : { [name]: list.slice(from, from + PAGE) }),
      ...(isLast ? {} : { nextPageToken: `from-${from + PAGE}` }),
    });
  }

  const fake: FakeGoogle = {
    ...listener,
    projects: [],
    folders: [],
    pages: {},
    disabled: {},
    permissions: {},
    decide: () => 'pass',
    count: 0,
    key: JSON.stringify({
      type: 'service_account',
      project_id: 'example-project',
      private_key_id: '1',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      client_email: SERVICE_ACCOUNT,
      client_id: '1',
      token_uri: 'https://oauth2.googleapis.com/token',
      universe_domain: 'googleapis.com',
    }),
    exchanges: [],
  };
  return fake;
}

/** The configuration of a workload identity, as `gcloud iam workload-identity-pools create-cred-config` writes it. */
export function workloadIdentity(google: FakeGoogle, tokenFile: string): string {
  return JSON.stringify({
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/cluster',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${google.url}/sts/token`,
    credential_source: { file: tokenFile, format: { type: 'text' } },
  });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
