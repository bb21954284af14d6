import type { IncomingMessage } from 'node:http';
import { badRequest } from '../problem.ts';
import { MAX_REQUEST_BYTES, tooLarge } from './events.ts';

/** A body that trickles in must not hold a connection for ever. */
const SLOWEST_MS = 30_000;
const LOOK_MS = 5_000;

/** The bodies that are coming in. */
export class Bodies {
  /** Bytes of those that are not whole yet. */
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

  #endSlow(): void {
    const now = performance.now();
    for (const [request, since] of this.#since) if (now - since > SLOWEST_MS) request.destroy();
    if (this.#since.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/**
 * @param assertRoom is asked, with what all bodies take that are coming in, before more of this one is kept
 * @throws HttpProblem 400 where it was cut off, 413; what `assertRoom` throws
 */
export function bodyOf(
  request: IncomingMessage,
  bodies: Bodies,
  assertRoom: (bytes: number) => void,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let over = false;
    const end = (): boolean => {
      if (over) return false;
      over = true;
      bodies.bytes -= bytes;
      bodies.end(request);
      return true;
    };
    const fail = (error: unknown): void => {
      if (!end()) return;
      chunks.length = 0;
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
      bodies.bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > MAX_REQUEST_BYTES) fail(tooLarge());
      // What declares its size was asked about already.
      else if (bytes > declared) attempt(() => assertRoom(bodies.bytes));
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
