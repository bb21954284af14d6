import { fileURLToPath } from 'node:url';
import { UsageError } from '../errors.ts';
import { FilesystemStore } from './filesystem.ts';
import { assertKey, type ObjectStore } from './object-store.ts';
import { S3Store, type S3Options } from './s3.ts';

export { countingStore, type Counts, type CountingStore } from './counting.ts';
export { FilesystemStore } from './filesystem.ts';
export { S3Store, type S3Options } from './s3.ts';

/** What the URL does not say (and it may say all of it). Ignored for a folder. */
export interface StoreOptions {
  readonly endpoint?: string;
  readonly region?: string;
  readonly pathStyle?: boolean;
  readonly sse?: 'AES256' | 'aws:kms';
  readonly kmsKey?: string;
  readonly connectTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
  readonly maxAttempts?: number;
}

const EXAMPLES = 'Give a folder (./data), file:///var/lib/sightline or s3://bucket/prefix?region=eu-west-1.';
const PARAMETERS = ['endpoint', 'region', 'pathStyle', 'sse', 'kmsKey'] as const;
/** More than one letter, so that `C:\data` is a folder. */
const SCHEME = /^([a-z][a-z0-9+.-]+):/i;
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$/;

/**
 * Opens the store that a URL names: `./data`, `/var/lib/sightline`, `file:///…`, or
 * `s3://bucket/prefix?endpoint=…&region=…&pathStyle=true&sse=aws:kms&kmsKey=…`. Nothing is read or written yet.
 * @param env where AWS_ENDPOINT_URL_S3 may stand
 * @throws UsageError for what is no such URL
 */
export function openStore(
  url: string,
  options: StoreOptions = {},
  env: Readonly<Record<string, string | undefined>> = process.env,
): ObjectStore {
  if (url.trim() === '') throw new UsageError('the address of the store is empty', EXAMPLES);
  const scheme = SCHEME.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) return new FilesystemStore(url);
  if (scheme === 'file') return new FilesystemStore(folderOf(url));
  if (scheme === 's3') return new S3Store(s3OptionsOf(url, options, env));
  throw new UsageError(`no store is known by the scheme "${scheme}:"`, EXAMPLES);
}

/** The options of an `s3://` URL. Exported for `config check` and tests. @throws UsageError */
export function s3OptionsOf(
  text: string,
  options: StoreOptions = {},
  env: Readonly<Record<string, string | undefined>> = {},
): S3Options {
  const url = parsed(text);
  const given = parametersOf(url);
  const bucket = url.hostname;
  if (!BUCKET.test(bucket) || url.port !== '') throw new UsageError('that is no name of a bucket', EXAMPLES);
  const prefix = prefixOf(url);
  const custom = given.endpoint ?? options.endpoint ?? env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'];
  const endpoint = custom === undefined || custom === '' ? undefined : checkedEndpoint(custom);
  // Only AWS itself gives every bucket a host name of its own; a custom endpoint rarely does.
  const pathStyle =
    flagOf(given.pathStyle) ?? options.pathStyle ?? (endpoint !== undefined && !isAws(endpoint));
  // A compatible endpoint mostly has no regions, yet the signature names one.
  const region =
    given.region ??
    options.region ??
    (endpoint !== undefined ? (env['AWS_REGION'] ?? 'us-east-1') : undefined);
  const sse = sseOf(given.sse) ?? options.sse;
  const kmsKeyId = given.kmsKey ?? options.kmsKey;
  if (kmsKeyId !== undefined && sse !== 'aws:kms') {
    throw new UsageError('kmsKey is given without sse=aws:kms', 'Add sse=aws:kms, or leave kmsKey out.');
  }
  return {
    bucket,
    ...(prefix !== '' && { prefix }),
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    forcePathStyle: pathStyle,
    ...(sse !== undefined && { sse }),
    ...(kmsKeyId !== undefined && { kmsKeyId }),
    ...(options.connectTimeoutMs !== undefined && { connectTimeoutMs: options.connectTimeoutMs }),
    ...(options.requestTimeoutMs !== undefined && { requestTimeoutMs: options.requestTimeoutMs }),
    ...(options.maxAttempts !== undefined && { maxAttempts: options.maxAttempts }),
  };
}

function folderOf(text: string): string {
  try {
    return fileURLToPath(text);
  } catch (error) {
    throw new UsageError('that file: address names no folder of this machine', EXAMPLES, 'usage', error);
  }
}

function parsed(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^s3:\/\//i.test(text)) throw new UsageError('that is no s3:// address', EXAMPLES);
  if (url.username !== '' || url.password !== '') {
    // Not repeated in the message: it may be a secret key.
    throw new UsageError(
      'the address of the store holds a user or password',
      'Take them out: credentials come from the environment, a profile or a role.',
    );
  }
  if (url.hash !== '')
    throw new UsageError('the address of the store holds a "#"', 'Write it as %23, or leave it out.');
  return url;
}

function parametersOf(url: URL): Partial<Record<(typeof PARAMETERS)[number], string>> {
  const unknown = [...url.searchParams.keys()].find((name) => !PARAMETERS.some((known) => known === name));
  if (unknown !== undefined) {
    throw new UsageError(
      `the address of the store has an unknown parameter ${JSON.stringify(unknown.slice(0, 40))}`,
      `Known are ${PARAMETERS.join(', ')}.`,
    );
  }
  return Object.fromEntries(url.searchParams);
}

function prefixOf(url: URL): string {
  const prefix = url.pathname.replace(/^\/+|\/+$/g, '');
  if (prefix === '') return '';
  try {
    assertKey(prefix);
  } catch (error) {
    throw new UsageError(
      `not a prefix for a store: ${JSON.stringify(prefix.slice(0, 200))}`,
      'Use letters, digits, ".", "_", "-", "=" and single slashes.',
      'usage',
      error,
    );
  }
  return prefix;
}

function checkedEndpoint(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError('the endpoint is no http:// or https:// address', 'Write it as https://host:port.');
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError(
      'the endpoint holds a user or password',
      'Take them out: credentials come from the environment, a profile or a role.',
    );
  }
  return url.href.replace(/\/$/, '');
}

function isAws(endpoint: string): boolean {
  return /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname);
}

function flagOf(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  if (text === 'true' || text === '') return true;
  if (text === 'false') return false;
  throw new UsageError(`pathStyle is true or false, not ${JSON.stringify(text.slice(0, 40))}`, EXAMPLES);
}

function sseOf(text: string | undefined): 'AES256' | 'aws:kms' | undefined {
  if (text === undefined || text === 'AES256' || text === 'aws:kms') return text;
  throw new UsageError(
    `sse is AES256 or aws:kms, not ${JSON.stringify(text.slice(0, 40))}`,
    'Leave it out to encrypt as the bucket does by default.',
  );
}
