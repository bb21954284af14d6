import type { IncomingMessage } from 'node:http';
import { badRequest } from '../problem.ts';
import { MAX_REQUEST_BYTES, tooLarge } from './events.ts';

/** A body that trickles in must not hold a connection for ever. */
const SLOWEST_MS = 30_000;
const LOOK_MS = 5_000;

/** What a request has in memory, from its first byte until its events are with the spool, which counts them itself. */
export interface Held {
  bytes: number;
}

/** The bodies that are coming in, or being read. */
export class Bodies {
  /** Of all of them. */
  bytes = 0;
  readonly #since = new Map<IncomingMessage, number>();
  #timer: NodeJS.Timeout | undefined;

  begin(request: IncomingMessage): void {
    this.#since.set(request, performance.now());
    // One timer for all: one for each would cost more than reading them.
    this.#timer ??= setInterval(() => this.#endSlow(), LOOK_MS).unref();
  }

  end(request: IncomingMessage): void {
    this.#since.delete(request);
  }

  /** Of one request: what it holds becomes so much. */
  hold(held: Held, bytes: number): void {
    this.bytes += bytes - held.bytes;
    held.bytes = bytes;
  }

  #endSlow(): void {
    const now = performance.now();
    for (const [request, since] of this.#since) if (now - since > SLOWEST_MS) request.destroy();
    if (this.#since.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/**
 * @param held gets what of it is in memory; whoever asked lets go of it
 * @param assertRoom is asked, with what all bodies take, before more of this one is kept
 * @throws HttpProblem 400 where it was cut off, 413; what `assertRoom` throws
 */
export function bodyOf(
  request: IncomingMessage,
  bodies: Bodies,
  held: Held,
  assertRoom: (bytes: number) => void,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let over = false;
    const end = (): boolean => {
      if (over) return false;
      over = true;
      bodies.end(request);
      return true;
    };
    const fail = (error: unknown): void => {
      if (!end()) return;
      chunks.length = 0;
      bodies.hold(held, 0);
      // Whoever is refused while sending gets to hear so; the rest is let go by.
      request.resume();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const attempt = (check: () => void): void => {
      try {
        check();
      } catch (error) {
        fail(error);
      }
    };
    const declared = Number(request.headers['content-length'] ?? 0);
    bodies.begin(request);
    request.on('data', (chunk: Buffer) => {
      if (over) return;
      bytes += chunk.length;
      bodies.hold(held, bytes);
      chunks.push(chunk);
      if (bytes > MAX_REQUEST_BYTES) fail(tooLarge());
      // Also of what declared its size: there was room for it beside what had come of the others by then.
      else attempt(() => assertRoom(bodies.bytes));
    });
    request.once('end', () => {
      if (!end()) return;
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, bytes));
    });
    const broken = (): void => {
      // An error costs its stack: none for the requests that are whole.
      if (!over) fail(cutOff());
    };
    request.once('error', broken);
    request.once('close', broken);
    attempt(() => {
      if (declared > MAX_REQUEST_BYTES) throw tooLarge();
      assertRoom(bodies.bytes + declared);
    });
  });
}

function cutOff(): Error {
  return badRequest('The body ended before it was whole. Nothing was stored.', { hint: 'Send it again.' });
}
