import express, { type Request, type RequestHandler } from 'express';
import { badRequest, HttpProblem, tooLarge } from '../problem.ts';

export const MAX_BODY_BYTES = 1 << 20;
/** No request is nested half as deep. */
const MAX_DEPTH = 32;
/** A body that trickles in must not hold a connection for ever. */
const BODY_TIMEOUT_MS = 30_000;

/** Reads a JSON body, and refuses what no honest client sends. */
export function jsonBody(): readonly RequestHandler[] {
  return [
    announced,
    hurried,
    express.json({ limit: MAX_BODY_BYTES, strict: false, type: isJson }),
    (request, _response, next) => {
      assertPlain(request.body);
      next();
    },
  ];
}

function isJson(request: { headers: { 'content-type'?: string | undefined } }): boolean {
  return /^application\/([a-z0-9.-]+\+)?json\s*(;|$)/i.test(request.headers['content-type'] ?? '');
}

/** What the headers already say against it need not be read. */
const announced: RequestHandler = (request, response, next) => {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) {
    response.set('Connection', 'close');
    throw tooLarge();
  }
  if (!hasBody(request)) throw badRequest('The request has no body.', { hint: 'Send a JSON object.' });
  // Also keeps other sites out: a browser sends JSON to another origin only after asking, and is refused.
  if (!isJson(request)) {
    throw new HttpProblem(415, 'Unsupported media type', 'The body must be JSON.', {
      hint: 'Send it with Content-Type: application/json.',
    });
  }
  next();
};

export function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

const hurried: RequestHandler = (request, _response, next) => {
  const timer = setTimeout(() => request.destroy(), BODY_TIMEOUT_MS);
  const stop = (): void => clearTimeout(timer);
  request.once('end', stop).once('close', stop);
  next();
};

/**
 * Refuses depth that would exhaust the stack of whoever walks through it, and the one key that means something else than it
 * says. @throws HttpProblem 400
 */
function assertPlain(body: unknown): void {
  let level: unknown[] = [body];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) throw badRequest(`The body is nested deeper than ${MAX_DEPTH} levels.`);
    const below: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      if (Object.hasOwn(value, '__proto__'))
        throw badRequest('The body has a key __proto__, which no request has.');
      for (const inner of Object.values(value)) if (typeof inner === 'object') below.push(inner);
    }
    level = below;
  }
}
