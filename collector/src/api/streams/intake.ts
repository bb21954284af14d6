import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { StoreError } from '../../errors.ts';
import type { Committer } from '../../lake/committer.ts';
import { type Feed, type Spool, SpoolFullError } from '../../ingest/spool/index.ts';
import { type Access, isBound } from '../../warehouse/access.ts';
import { HttpProblem, letGoOf, problemOf } from '../problem.ts';
import { admitReports } from '../v1/admit.ts';
import type { EventCounters, Result } from './counters.ts';
import { eventsOf, type Given, oneFalcoEvent, reportsIn, unpacked } from './events.ts';
import { KnownCallers, keyOf } from './known-callers.ts';
import { Bodies, bodyOf, type Held } from './bodies.ts';

export const FEED_OF_PATH: ReadonlyMap<string, Feed> = new Map([
  ['/api/v1/falco', 'falco'],
  ['/api/v1/eventbridge', 'eventbridge'],
]);

export interface IntakeOptions {
  readonly spool: Spool;
  readonly committer: Committer;
  readonly counters: EventCounters;
  readonly log: Logger;
}

const TELL_MS = 1_000;

/** What to do once the caller of a request is known. */
const waiting = new WeakMap<IncomingMessage, () => void>();

/**
 * Takes in events that are pushed, ten thousand requests in a second: in front of express, whose chain costs several times what the
 * events do. It takes only requests of callers that the chain has let through within the last seconds; all others, and with them
 * everything that is to be refused for who asks, go through the chain, which comes back here (`take`).
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #bodies = new Bodies();
  readonly #callers = new KnownCallers(() => performance.now());
  /** Requests that are finding out about a caller, for others of the same caller to wait for. */
  readonly #asking = new Map<string, Promise<undefined>>();
  readonly #ignored = new Set<string>();
  #ending = false;
  #toldAt = -Infinity;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** From now on connections end with their next answer. */
  end(): void {
    this.#ending = true;
  }

  inFrontOf(app: RequestListener): RequestListener {
    return (request, response) => {
      const feed = request.method === 'POST' ? FEED_OF_PATH.get(request.url ?? '') : undefined;
      const key = feed === undefined ? null : keyOf(request);
      if (feed === undefined || key === null) app(request, response);
      else this.#offer(feed, key, request, response, app);
    };
  }

  #offer(
    feed: Feed,
    key: string,
    request: IncomingMessage,
    response: ServerResponse,
    app: RequestListener,
  ): void {
    const access = this.#callers.get(key);
    if (access !== null) {
      void this.#answer(feed, access, request, response);
      return;
    }
    const asking = this.#asking.get(key);
    if (asking !== undefined) {
      // Hundreds of connections may come back at once: one of them asks for all.
      void asking.then(() => {
        const found = this.#callers.get(key);
        if (found === null) app(request, response);
        else void this.#answer(feed, found, request, response);
      });
      return;
    }
    const answered = Promise.withResolvers<undefined>();
    this.#asking.set(key, answered.promise);
    const over = (): void => {
      this.#asking.delete(key);
      answered.resolve(undefined);
    };
    waiting.set(request, over);
    response.once('close', () => {
      this.#callers.asked(key);
      over();
    });
    app(request, response);
  }

  /** Takes the events of a request whose caller may bring some. Belongs behind `authenticate` and `requireRole('ingest')`. */
  take(feed: Feed, access: Access, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const key = keyOf(request);
    if (key !== null) this.#callers.set(key, access);
    waiting.get(request)?.();
    return this.#answer(feed, access, request, response);
  }

  /** Never rejects. */
  async #answer(
    feed: Feed,
    access: Access,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { spool, counters } = this.#options;
    const held: Held = { bytes: 0 };
    let given: Given | null = null;
    try {
      const sent = await bodyOf(request, this.#bodies, held, (bytes) => spool.assertRoom(bytes));
      const body = unpacked(sent, request.headers['content-encoding']);
      if (body !== sent) {
        this.#bodies.hold(held, body.length);
        spool.assertRoom(this.#bodies.bytes);
      }
      given = await this.#eventsOf(feed, body, access);
      this.#bodies.hold(held, 0);
      if (given.count > 0) await spool.add(feed, given);
      counters.add(feed, 'accepted', given.count);
      counters.add(feed, 'ignored', given.ignored);
      const answer =
        given.count === 1 && given.ignored === 0
          ? ONE_ACCEPTED
          : JSON.stringify({ accepted: given.count, ignored: given.ignored });
      this.#send(response, 200, JSON_HEADERS, answer);
    } catch (error) {
      if (request.destroyed && !request.complete) return;
      this.#refuse(feed, given, error, request, response);
    } finally {
      this.#bodies.hold(held, 0);
    }
  }

  async #eventsOf(feed: Feed, body: Buffer, access: Access): Promise<Given> {
    const { committer } = this.#options;
    const now = committer.now();
    const given = (feed === 'falco' ? oneFalcoEvent(body, now) : null) ?? (await eventsOf(feed, body, now));
    if (isBound(access)) await admitReports(committer, await reportsIn(feed, given, now), access);
    for (const type of given.ignoredTypes) this.#tellIgnored(feed, type);
    return given;
  }

  #refuse(
    feed: Feed,
    given: Given | null,
    error: unknown,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const { log, counters } = this.#options;
    const full = error instanceof SpoolFullError;
    const problem = full
      ? new HttpProblem(429, 'Too many events', error.message, { hint: error.hint })
      : problemOf(error);
    const result: Result = full ? 'full' : problem.status >= 500 ? 'failed' : 'refused';
    counters.add(feed, result, result === 'refused' ? 1 : (given?.count ?? 1));
    if (problem.status >= 500 && !(error instanceof StoreError))
      log.error({ feed, err: error }, 'request failed');
    else this.#tellRefused(feed, problem);
    const wait = full ? error.retryAfterSeconds : problem.status === 503 ? 5 : null;
    const { status, message: title, detail, extras } = problem;
    const body = JSON.stringify({ type: 'about:blank', title, status, detail, ...extras });
    this.#send(
      response,
      status,
      {
        ...JSON_HEADERS,
        'Content-Type': 'application/problem+json',
        ...(wait === null ? {} : { 'Retry-After': String(wait) }),
      },
      body,
    );
    if (!request.complete) letGoOf(request, response);
  }

  #send(
    response: ServerResponse,
    status: number,
    headers: Readonly<Record<string, string>>,
    body: string,
  ): void {
    if (response.headersSent || response.destroyed) return;
    response.writeHead(status, {
      ...headers,
      'Content-Length': Buffer.byteLength(body),
      ...(this.#ending ? { Connection: 'close' } : {}),
    });
    // As text it goes out together with the headers, in one write.
    response.end(body);
  }

  /** A Falco that is set up wrongly is refused a thousand times a second: one line tells as much. The counters know how often. */
  #tellRefused(feed: Feed, { status, detail }: HttpProblem): void {
    const now = performance.now();
    if (now - this.#toldAt < TELL_MS) return;
    this.#toldAt = now;
    this.#options.log.warn({ feed, status, reason: detail }, 'events were refused');
  }

  /** Each type once: a rule of EventBridge that is too wide would fill the log. */
  #tellIgnored(feed: Feed, type: string): void {
    if (this.#ignored.has(type) || this.#ignored.size >= 100) return;
    this.#ignored.add(type);
    this.#options.log.warn({ feed, type }, 'events of this type are no findings: they are not kept');
  }
}

const JSON_HEADERS = {
  'Content-Type': 'application/json',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
} as const;
const ONE_ACCEPTED = JSON.stringify({ accepted: 1, ignored: 0 });
