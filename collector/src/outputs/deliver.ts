import { messageOf } from '../errors.ts';

/** Sends JSON to an address; as `fetch` does. */
export type Post = (url: string, body: string, signal: AbortSignal) => Promise<Response>;

export const post: Post = (url, body, signal) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal,
    // A webhook that moved is no webhook: the message must not go wherever somebody points.
    redirect: 'error',
  });

export interface Delivery {
  readonly status: 'delivered' | 'refused' | 'later';
  readonly problem: string | null;
  readonly retryAfterMs: number;
}

const TIMEOUT_MS = 20_000;
const LONGEST_RETRY_AFTER_MS = 6 * 3_600_000;
/** Worth asking again; every other 4xx says that the message or the address is wrong. */
const LATER = new Set([408, 425, 429]);

/** Sends one message. What it says of a failure holds nothing of the address: whoever has that can write to the channel. */
export async function deliver(url: () => Promise<string>, message: unknown, send: Post): Promise<Delivery> {
  let address: string;
  try {
    address = await url();
  } catch (error) {
    return later(messageOf(error));
  }
  if (!/^https?:$/.test(URL.parse(address)?.protocol ?? ''))
    return { status: 'refused', problem: 'the address of the webhook is none', retryAfterMs: 0 };
  try {
    const answer = await send(address, JSON.stringify(message), AbortSignal.timeout(TIMEOUT_MS));
    await answer.body?.cancel();
    if (answer.ok) return { status: 'delivered', problem: null, retryAfterMs: 0 };
    const problem = `the webhook answered ${answer.status}`;
    if (answer.status >= 500 || LATER.has(answer.status))
      return later(
        problem,
        retryAfterOf(answer.headers.get('retry-after'), Date.parse(answer.headers.get('date') ?? '')),
      );
    return { status: 'refused', problem, retryAfterMs: 0 };
  } catch (error) {
    return later(`the webhook did not answer: ${reasonOf(error)}`);
  }
}

function later(problem: string, retryAfterMs = 0): Delivery {
  return { status: 'later', problem, retryAfterMs };
}

/** Seconds, or a date, which is taken against the clock of who sent it. @see RFC 9110, section 10.2.3 */
export function retryAfterOf(header: string | null, sentAt: number): number {
  if (header === null) return 0;
  const ms = /^\d{1,9}$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - sentAt;
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), LONGEST_RETRY_AFTER_MS) : 0;
}

/** Only codes: the messages of errors may hold the address. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`;
  const { cause } = error;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return error.name;
}
