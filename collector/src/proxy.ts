import * as http from 'node:http';
import * as https from 'node:https';
import { UsageError } from './errors.ts';

/** The way out where the environment names a proxy: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in capitals or not. */

type Env = Readonly<Record<string, string | undefined>>;

/** What clients of AWS take. */
export interface ProxyAgents {
  readonly httpAgent?: http.Agent;
  readonly httpsAgent?: https.Agent;
}

/** Asked directly, whatever NO_PROXY says: this machine, and where clouds hand a machine or container its own keys. */
const DIRECT = [
  ...['localhost', '127.0.0.1', '::1'],
  ...['169.254.169.254', '169.254.170.2', '169.254.170.23', 'metadata.google.internal'],
];
/** As the AWS SDK has them without a proxy. */
const CONNECTIONS = { keepAlive: true, maxSockets: 50 };
/** Newer than the oldest Node.js that runs the rest: there, no request goes through a proxy, rather than some. */
const lead = (http as Partial<typeof http>).setGlobalProxyFromEnv;

/** @returns undefined where no proxy is named @throws UsageError */
function proxyOf(env: Env): NodeJS.Dict<string> | undefined {
  const named = (name: string): string => env[name.toLowerCase()] ?? env[name] ?? '';
  const address = (name: string): string => {
    // As curl and others take it: `proxy:3128`.
    const text = named(name).replace(/^(?!$|[a-z\d]+:\/\/)/i, 'http://');
    if (text === '' || /^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text;
    // Not what it says: there may be a password in it.
    throw new UsageError(`${name} is no address of a proxy`, 'Write it as http://proxy.example.com:3128.');
  };
  const [forHttp, forHttps] = [address('HTTP_PROXY'), address('HTTPS_PROXY')];
  if (forHttp === '' && forHttps === '') return undefined;
  return {
    ...(forHttp === '' ? {} : { http_proxy: forHttp }),
    ...(forHttps === '' ? {} : { https_proxy: forHttps }),
    no_proxy: [...DIRECT, named('NO_PROXY')].filter((part) => part !== '').join(','),
  };
}

/** For one client: it closes them with itself. */
export function proxyAgents(env: Env = process.env): ProxyAgents {
  const proxyEnv = proxyOf(env);
  if (proxyEnv === undefined || lead === undefined) return {};
  return {
    httpAgent: new http.Agent({ ...CONNECTIONS, proxyEnv }),
    httpsAgent: new https.Agent({ ...CONNECTIONS, proxyEnv }),
  };
}

/**
 * Leads `fetch` and all that uses the agents of Node.js itself through the proxy.
 * @returns false where there is a proxy and this Node.js is too old to use it @throws UsageError
 */
export function useProxy(env: Env = process.env): boolean {
  const proxyEnv = proxyOf(env);
  if (proxyEnv === undefined) return true;
  lead?.(proxyEnv);
  return lead !== undefined;
}
