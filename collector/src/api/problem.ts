import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { SightlineError, StoreError } from '../errors.ts';

/** An error for a client of the API. @see RFC 9457 */
export class HttpProblem extends Error {
  readonly status: number;
  readonly detail: string;

  constructor(status: number, title: string, detail: string) {
    super(title);
    this.name = 'HttpProblem';
    this.status = status;
    this.detail = detail;
  }
}

export function notFound(detail: string): HttpProblem {
  return new HttpProblem(404, 'Not found', detail);
}

export function sendProblem(response: Response, status: number, title: string, detail: string): void {
  response
    .status(status)
    .set('Cache-Control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title, status, detail }));
}

/** For paths that do not exist. */
export const nothingHere: RequestHandler = (_request, response) => {
  sendProblem(response, 404, 'Not found', 'There is nothing under this path.');
};

/** For every method but GET and HEAD: the server only reads. */
export const readOnly: RequestHandler = (request, response, next) => {
  if (request.method === 'GET' || request.method === 'HEAD') {
    next();
    return;
  }
  response.set('Allow', 'GET, HEAD');
  sendProblem(response, 405, 'Method not allowed', 'This server only reads: use GET or HEAD.');
};

/** Turns what routes throw into problem documents. The stack goes to the log and never to the client. */
export function problemHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, request: Request, response: Response, next) => {
    if (response.headersSent) {
      // Half an answer is out: only ending the connection tells the client so.
      log.warn({ path: request.path, err: error }, 'answer broken off');
      next(error);
      return;
    }
    if (error instanceof HttpProblem) {
      sendProblem(response, error.status, error.message, error.detail);
      return;
    }
    if (isBadPath(error)) {
      sendProblem(response, 400, 'Bad request', 'The path is not valid percent-encoding.');
      return;
    }
    log.error({ path: request.path, err: error }, 'request failed');
    if (error instanceof StoreError) {
      response.set('Retry-After', '5');
      sendProblem(response, 503, 'The store does not answer', error.hint);
    } else if (error instanceof SightlineError) {
      sendProblem(response, 500, 'The answer could not be made', error.hint);
    } else {
      sendProblem(response, 500, 'Internal error', 'The log of the server says more.');
    }
  };
}

function isBadPath(error: unknown): boolean {
  return error instanceof URIError || (error instanceof Error && 'status' in error && error.status === 400);
}
