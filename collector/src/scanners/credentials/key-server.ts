import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { messageOf, ScanError } from '../../errors.ts';
import type { AwsKeys } from './aws.ts';

/** Keys that end. */
export type EndingKeys = AwsKeys & { readonly sessionToken: string; readonly expiration: Date };

/** An address on this machine that gives keys for one run, as containers of AWS have one. */
export interface KeyServer {
  readonly env: Readonly<Record<string, string>>;
  /** Grows with each new set of keys. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

const PATH = '/keys';
/** SDKs ask for new keys up to a quarter of an hour before the old ones end, some of them then with every call. */
const KEEP_MS = 5 * 60_000;
/** Keys that end sooner are of no use to a call that is about to be made. */
const LAST_MS = 60_000;

/**
 * Hands out keys for as long as a scanner runs, however soon each set of them ends; old ones again, while they last, when there are
 * no new ones. Whoever does not know the token of the run gets none.
 * @param first what was got already; `fetchKeys` gives the next
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export async function serveKeys(
  first: EndingKeys,
  fetchKeys: () => Promise<EndingKeys>,
  log: Logger,
  now: () => number = Date.now,
): Promise<KeyServer> {
  const token = randomBytes(32).toString('base64url');
  const secrets = [token];
  let kept = { keys: first, at: now() };
  remember(first);
  let fetching: Promise<EndingKeys> | undefined;

  function remember({ secretAccessKey, sessionToken }: EndingKeys): void {
    for (const secret of [secretAccessKey, sessionToken]) if (!secrets.includes(secret)) secrets.push(secret);
  }

  async function current(): Promise<EndingKeys> {
    const life = kept.keys.expiration.getTime() - kept.at;
    if (now() - kept.at < Math.min(KEEP_MS, life / 3)) return kept.keys;
    fetching ??= fetchKeys().finally(() => {
      fetching = undefined;
    });
    try {
      const keys = await fetching;
      kept = { keys, at: now() };
      remember(keys);
    } catch (error) {
      if (kept.keys.expiration.getTime() - now() < LAST_MS) throw error;
      warn(error, 'keys that end could not be replaced yet: the old ones are given while they last');
    }
    return kept.keys;
  }

  function warn(error: unknown, message: string): void {
    const hint = error instanceof ScanError ? error.hint : undefined;
    log.warn({ reason: messageOf(error), hint }, message);
  }

  async function answer(response: ServerResponse): Promise<void> {
    try {
      const keys = await current();
      send(response, 200, {
        AccessKeyId: keys.accessKeyId,
        SecretAccessKey: keys.secretAccessKey,
        Token: keys.sessionToken,
        Expiration: keys.expiration.toISOString(),
      });
    } catch (error) {
      warn(error, 'keys that end could not be replaced');
      send(response, 503, { code: 'Unavailable', message: 'no new keys at the moment' });
    }
  }

  const server = createServer((request, response) => {
    request.resume();
    if (
      request.method === 'GET' &&
      request.url === PATH &&
      isSame(request.headers.authorization ?? '', token)
    )
      void answer(response);
    else send(response, 403, { code: 'Forbidden', message: 'not for you' });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server of keys has no port');
  return {
    env: {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${address.port}${PATH}`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: token,
    },
    secrets,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function isSame(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
