import { createHash, createHmac } from 'node:crypto';
import type { AwsKeys } from '../credentials/aws.ts';
import type { Env } from '../secrets.ts';

/** A call of a service of AWS, as its protocol has it. A client of the SDK for each of twenty services would weigh 60 MB. */
export interface AwsCall {
  /** As its address begins, and as endpoints in the environment call it (AWS_ENDPOINT_URL_…). */
  readonly host: string;
  readonly endpointId: string;
  /** As signatures call the service. */
  readonly signedAs: string;
  /** One for all regions. */
  readonly isGlobal?: boolean;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface AwsAnswer {
  readonly status: number;
  readonly text: string;
  /** The word for what is wrong; empty where nothing is. */
  readonly code: string;
}

const TIMEOUT_MS = 20_000;

/** @throws what fetch throws */
export async function callAws(call: AwsCall, keys: AwsKeys, region: string, env: Env): Promise<AwsAnswer> {
  // Only here: nobody but `doctor` signs by hand.
  const { SignatureV4 } = await import('@smithy/signature-v4');
  const place = placeOf(call, region, env);
  const url = new URL(place.url);
  const path = `${url.pathname.replace(/\/$/, '')}${call.path}`;
  const signer = new SignatureV4({
    credentials: keys,
    region: place.region,
    service: call.signedAs,
    sha256: Sha256,
    uriEscapePath: call.signedAs !== 's3',
  });
  const signed = await signer.sign({
    method: call.method,
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    path,
    query: { ...call.query },
    headers: {
      host: url.host,
      ...(call.signedAs === 's3'
        ? { 'x-amz-content-sha256': createHash('sha256').update('').digest('hex') }
        : {}),
      ...call.headers,
    },
    ...(call.body === undefined ? {} : { body: call.body }),
  });
  const search = new URLSearchParams(call.query).toString();
  const response = await fetch(`${url.origin}${path}${search === '' ? '' : `?${search}`}`, {
    method: call.method,
    headers: Object.fromEntries(Object.entries(signed.headers).filter(([name]) => name !== 'host')),
    ...(call.body === undefined ? {} : { body: call.body }),
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text();
  return {
    status: response.status,
    text,
    code: response.ok ? '' : codeOf(text, response.headers.get('x-amzn-errortype')),
  };
}

/** XML has it in an element, JSON in a field or a header, there with an address or a name space around it. */
function codeOf(text: string, header: string | null): string {
  const found =
    header ?? /<Code>([^<]+)<\/Code>/.exec(text)?.[1] ?? /"(?:__type|code)"\s*:\s*"([^"]+)"/i.exec(text)?.[1];
  return /([A-Za-z.]+)$/.exec((found ?? '').split(':')[0] ?? '')?.[1] ?? '';
}

/** Where the one of all regions is, by partition. */
const GLOBAL: Readonly<Record<string, { readonly region: string; readonly suffix: string }>> = {
  aws: { region: 'us-east-1', suffix: 'amazonaws.com' },
  'aws-cn': { region: 'cn-north-1', suffix: 'cn-north-1.amazonaws.com.cn' },
  'aws-us-gov': { region: 'us-gov-west-1', suffix: 'us-gov.amazonaws.com' },
};

function placeOf(
  { host, endpointId, isGlobal }: AwsCall,
  region: string,
  env: Env,
): { readonly url: string; readonly region: string } {
  const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
  const global = GLOBAL[partition];
  const where = isGlobal === true && global !== undefined ? global.region : region;
  const given = env[`AWS_ENDPOINT_URL_${endpointId}`] ?? env['AWS_ENDPOINT_URL'];
  if (given !== undefined && given !== '') return { url: given, region: where };
  if (isGlobal === true && global !== undefined)
    return { url: `https://${host}.${global.suffix}/`, region: where };
  const suffix = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  return { url: `https://${host}.${region}.${suffix}/`, region };
}

type Digest = ReturnType<typeof createHash> | ReturnType<typeof createHmac>;

/** What the signer asks of a hash, over Node's own. */
class Sha256 {
  #hash: Digest;
  readonly #secret: Uint8Array | string | undefined;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret === undefined || typeof secret === 'string' ? secret : bytesOf(secret);
    this.#hash = this.#fresh();
  }

  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof chunk === 'string' ? chunk : bytesOf(chunk));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    this.#hash = this.#fresh();
  }

  #fresh(): Digest {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
  }
}

function bytesOf(chunk: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(chunk)
    ? new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    : new Uint8Array(chunk);
}
