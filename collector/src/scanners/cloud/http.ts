import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { retryAfterOf } from '../../outputs/deliver.ts';

/** A cloud answered, and said no. */
export class CloudRefusal extends Error {
  readonly status: number;
  /** What the cloud calls it: `AuthorizationFailed`, `PERMISSION_DENIED`. */
  readonly code: string;
  /** Of Google, closer: `SERVICE_DISABLED`, and the project that was to blame (`projects/123`); '' where it does not say. */
  readonly reason: string;
  readonly consumer: string;

  constructor(status: number, { code, reason, consumer }: Words) {
    super(['it answered', String(status), code, reason].filter((word) => word !== '').join(' '));
    this.name = 'CloudRefusal';
    this.status = status;
    this.code = code;
    this.reason = reason;
    this.consumer = consumer;
  }
}

interface Words {
  readonly code: string;
  readonly reason: string;
  readonly consumer: string;
}

/** A cloud did not answer, or not as its documentation says. */
export class CloudSilence extends Error {
  override readonly name = 'CloudSilence';
}

export interface CloudRequest {
  readonly method?: 'GET' | 'POST';
  readonly url: string;
  /** Asked before each attempt: a token may run out while a cloud makes us wait. */
  readonly headers: () => Promise<Headers>;
  readonly body?: unknown;
  /** Ends the waiting, too. */
  readonly signal?: AbortSignal | undefined;
}

const ATTEMPTS = 8;
const TIMEOUT_MS = 30_000;
const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 30_000;
/** A cloud that wants us to wait longer is asked again with the next refresh. */
const LONGEST_RETRY_AFTER_MS = 120_000;
/** Of a list; no account has so many. */
const MOST_PAGES = 5_000;
const AGAIN = new Set([408, 425, 429, 500, 502, 503, 504]);
/** Compute Engine says by 403 that it was asked too often, and counts anew each minute: all attempts together wait longer. */
const THROTTLED_MS = 8_000;

/**
 * JSON of a cloud's interface. What may pass is asked again, after as long as the cloud says.
 * @throws CloudRefusal, CloudSilence
 */
export async function askCloud<T>(request: CloudRequest, schema: z.ZodType<T>): Promise<T> {
  refuseOpenWire(request.url);
  for (let attempt = 1; ; attempt++) {
    const answer = await once(request);
    request.signal?.throwIfAborted();
    if (answer.ok) return parsed(answer.text, schema, request.url);
    const wait = Math.max(answer.retryAfterMs, backoff(attempt));
    if (!answer.again || attempt >= ATTEMPTS || wait > LONGEST_RETRY_AFTER_MS) throw answer.problem;
    await sleep(wait, undefined, request.signal === undefined ? {} : { signal: request.signal });
  }
}

/**
 * All pages of a list.
 * @param ask gives a page and what the next one is asked for with; null at the end
 */
export async function allPages<P>(first: P, ask: (page: P) => Promise<P | null>): Promise<void> {
  let page: P | null = first;
  for (let count = 0; page !== null; count++) {
    if (count >= MOST_PAGES) throw new CloudSilence(`its list has no end after ${MOST_PAGES} pages`);
    page = await ask(page);
  }
}

type Answer =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly again: boolean; readonly retryAfterMs: number; readonly problem: Error };

async function once({ method = 'GET', url, headers, body, signal }: CloudRequest): Promise<Answer> {
  const sent = await headers();
  sent.set('accept', 'application/json');
  if (body !== undefined) sent.set('content-type', 'application/json');
  try {
    const response = await fetch(url, {
      method,
      headers: sent,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A token must not go wherever somebody points.
      redirect: 'error',
      signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(signal === undefined ? [] : [signal])]),
    });
    const text = await response.text();
    if (response.ok) return { ok: true, text };
    const date = Date.parse(response.headers.get('date') ?? '');
    const retryAfterMs = retryAfterOf(response.headers.get('retry-after'), date);
    const throttled = response.status === 403 && isThrottling(text);
    return {
      ok: false,
      again: throttled || AGAIN.has(response.status),
      retryAfterMs: throttled ? Math.max(retryAfterMs, THROTTLED_MS) : retryAfterMs,
      problem: new CloudRefusal(response.status, wordsOf(text)),
    };
  } catch (error) {
    const problem = new CloudSilence(`it does not answer: ${reasonOf(error)}`);
    return { ok: false, again: true, retryAfterMs: 0, problem };
  }
}

const TOKEN_ATTEMPTS = 4;

/** For what a library asks by itself: again, unless there is no hope. */
export async function patiently<T>(
  work: () => Promise<T>,
  isHopeless: (error: unknown) => boolean,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= TOKEN_ATTEMPTS || isHopeless(error)) throw error;
      await sleep(backoff(attempt));
    }
  }
}

function backoff(attempt: number): number {
  const longest = Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS);
  return longest * (0.5 + Math.random() / 2);
}

function parsed<T>(text: string, schema: z.ZodType<T>, url: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new CloudSilence(`its answer to ${new URL(url).pathname} is not what is documented`);
  }
}

/** Azure has a word in `code`, Google one in `status`, and more in `details`. */
const problemSchema = z.object({
  error: z.object({
    code: z.union([z.string(), z.number()]).optional(),
    status: z.string().optional(),
    /** @see https://cloud.google.com/apis/design/errors#error_info */
    details: z
      .array(
        z.object({
          reason: z.string().optional(),
          metadata: z.object({ consumer: z.string().optional() }).optional(),
        }),
      )
      .optional()
      .catch(undefined),
  }),
});

const throttlingSchema = z.object({
  error: z.object({ errors: z.array(z.object({ reason: z.string() })) }),
});

/** @see https://cloud.google.com/compute/api-quota */
function isThrottling(text: string): boolean {
  try {
    const { error } = throttlingSchema.parse(JSON.parse(text));
    return error.errors.some(({ reason }) => /^(?:user)?rateLimitExceeded$/i.test(reason));
  } catch {
    return false;
  }
}

function wordsOf(text: string): Words {
  try {
    const { error } = problemSchema.parse(JSON.parse(text));
    const info = error.details?.find(({ reason }) => reason !== undefined);
    return {
      code: word(error.status ?? error.code),
      reason: word(info?.reason),
      consumer: word(info?.metadata?.consumer),
    };
  } catch {
    return { code: '', reason: '', consumer: '' };
  }
}

/** Untrusted text on its way to a terminal: a word or nothing. */
function word(text: unknown): string {
  return typeof text === 'string' && /^[\w./:-]{1,80}$/.test(text) ? text : '';
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`;
  const { cause } = error;
  if (cause instanceof Error)
    return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
  return error.message;
}

/** A token in the clear is for this machine only. */
function refuseOpenWire(url: string): void {
  const { protocol, hostname } = new URL(url);
  const isHere = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
  if (protocol !== 'https:' && !(protocol === 'http:' && isHere))
    throw new CloudSilence(`${hostname} is not asked without https`);
}
