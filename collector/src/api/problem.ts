import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { ReportError, SightlineError, StoreError, UsageError } from '../errors.ts';
import { QueryError } from '../warehouse/engine.ts';
import { WarmingUpError } from '../warehouse/warehouse.ts';

/** What a problem document may say beside the members of RFC 9457. */
export interface ProblemExtras {
  /** What the client can do next. */
  readonly hint?: string;
  /** What is wrong with which field of the request. */
  readonly issues?: readonly Issue[];
}

export interface Issue {
  /** `queries[0].refId`; empty for the whole. */
  readonly path: string;
  readonly message: string;
}

/** An error for a client of the API. @see RFC 9457 */
export class HttpProblem extends Error {
  readonly status: number;
  readonly detail: string;
  readonly extras: ProblemExtras;

  constructor(status: number, title: string, detail: string, extras: ProblemExtras = {}) {
    super(title);
    this.name = 'HttpProblem';
    this.status = status;
    this.detail = detail;
    this.extras = extras;
  }
}

export function notFound(detail: string): HttpProblem {
  return new HttpProblem(404, 'Not found', detail);
}

export function badRequest(detail: string, extras: ProblemExtras = {}): HttpProblem {
  return new HttpProblem(400, 'Bad request', detail, extras);
}

export function sendProblem(
  response: Response,
  status: number,
  title: string,
  detail: string,
  extras: ProblemExtras = {},
): void {
  response
    .status(status)
    .set('Cache-Control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title, status, detail, ...extras }));
}

/** For paths that do not exist. */
export const nothingHere: RequestHandler = (_request, response) => {
  sendProblem(response, 404, 'Not found', 'There is nothing under this path.');
};

/** Answers 405. @param allowed methods that the path has: `GET, HEAD` */
export function methodNotAllowed(allowed: string, detail: string): RequestHandler {
  return (_request, response) => {
    response.set('Allow', allowed);
    sendProblem(response, 405, 'Method not allowed', detail);
  };
}

const onlyReads = methodNotAllowed('GET, HEAD', 'This server only reads: use GET or HEAD.');

/** For every method but GET and HEAD: outside of the API the server only reads. */
export const readOnly: RequestHandler = (request, response, next) => {
  if (request.method === 'GET' || request.method === 'HEAD') next();
  else void onlyReads(request, response, next);
};

/** Turns what routes throw into problem documents. The stack goes to the log and never to the client. */
export function problemHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, request: Request, response: Response, next) => {
    // The path is taken as it came: routers below cut theirs off.
    const path = request.originalUrl.replace(/\?.*/s, '');
    if (response.headersSent) {
      // Half an answer is out: only ending the connection tells the client so.
      log.warn({ path, err: error }, 'answer broken off');
      next(error);
      return;
    }
    const problem = problemOf(error);
    if (problem.status >= 500) log.error({ path, err: error }, 'request failed');
    if (problem.status === 503 && !response.hasHeader('Retry-After')) response.set('Retry-After', '5');
    sendProblem(response, problem.status, problem.message, problem.detail, problem.extras);
  };
}

/** How an error of ours is told to a client; what is none of ours is a defect, of which only the log hears. */
export function problemOf(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof QueryError) return ofQuery(error);
  if (error instanceof ReportError) return ofReport(error);
  if (error instanceof WarmingUpError)
    return new HttpProblem(503, 'Warming up', error.message, { hint: error.hint });
  if (error instanceof StoreError) return new HttpProblem(503, 'The store does not answer', error.hint);
  if (error instanceof UsageError && error.code !== 'config') return ofUsage(error);
  if (error instanceof SightlineError)
    return new HttpProblem(500, 'The answer could not be made', error.hint);
  return ofRequest(error) ?? new HttpProblem(500, 'Internal error', 'The log of the server says more.');
}

function ofUsage({ code, message, hint }: UsageError): HttpProblem {
  const [status, title] =
    code === 'not_found' ? ([404, 'Not found'] as const) : ([400, 'Bad request'] as const);
  return new HttpProblem(status, title, message, { hint });
}

function ofQuery({ reason, message, hint }: QueryError): HttpProblem {
  switch (reason) {
    case 'invalid':
      return badRequest(message, { hint });
    case 'timeout':
      return new HttpProblem(408, 'The query takes too long', message, { hint });
    case 'cancelled':
      return new HttpProblem(499, 'The client is gone', message, { hint });
    case 'resources':
      return new HttpProblem(422, 'The query is too large', message, { hint });
  }
}

function ofReport({ code, message, hint }: ReportError): HttpProblem {
  if (code === 'too_large') return new HttpProblem(413, 'The report is too large', message, { hint });
  // What came is in a file of ours: that it can't be read is no fault of the client.
  if (code === 'unreadable') return new HttpProblem(507, 'The report could not be kept', message, { hint });
  return new HttpProblem(422, 'The report can not be read', message, { hint });
}

/** What express and its body parser have against a request. */
function ofRequest(error: unknown): HttpProblem | null {
  if (error instanceof URIError) return badRequest('The path is not valid percent-encoding.');
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return null;
  const { status } = error;
  if (status < 400 || status >= 500) return null;
  const type = 'type' in error ? String(error.type) : '';
  switch (type) {
    case 'entity.parse.failed':
      return badRequest('The body is not valid JSON.', {
        hint: 'Check quotes, commas and the end of the body.',
      });
    case 'entity.too.large':
      return tooLarge();
    case 'charset.unsupported':
      return new HttpProblem(415, 'Unsupported media type', 'The body must be JSON in UTF-8.');
    case 'encoding.unsupported':
      return new HttpProblem(
        415,
        'Unsupported media type',
        'The body has a Content-Encoding that is not supported.',
      );
    case 'request.size.invalid':
    case 'request.aborted':
      return badRequest('The body is not as long as its Content-Length says.');
    default:
      // Damaged compression comes without a type of its own.
      return new HttpProblem(status, 'Bad request', 'The request can not be read.');
  }
}

/** Of a JSON body. */
export function tooLarge(): HttpProblem {
  return new HttpProblem(413, 'Content too large', 'The body of a request may have 1 MiB.', {
    hint: 'Send less at once: several requests, or fewer queries or fingerprints in each.',
  });
}

/** How long a client may go on sending after it has its answer. */
const LINGER_MS = 5_000;

/** Whoever is refused while still sending gets to hear so, and then has to stop. */
export const letGo: RequestHandler = (request, response, next) => {
  letGoOf(request, response);
  next();
};

/** As `letGo`, for what express has not seen. */
export function letGoOf(request: IncomingMessage, response: ServerResponse): void {
  response.once('finish', () => {
    if (request.complete) return;
    request.resume();
    const timer = setTimeout(() => request.destroy(), LINGER_MS);
    timer.unref();
    request.once('close', () => clearTimeout(timer));
  });
}
