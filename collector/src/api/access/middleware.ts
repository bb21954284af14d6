import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { type Access, isBound, type Role } from '../../warehouse/access.ts';
import { sendProblem } from '../problem.ts';
import { addressOf, credentialsOf, isForeignChange } from './credentials.ts';
import { keyOfAddress, limiter, noLimit } from './limits.ts';
import type { AccessChecks, AccessOptions, Checked } from './types.ts';

/** What `authenticate` finds out of a request. */
interface Caller {
  readonly address: string;
  access: Access | null;
}

const callers = new WeakMap<Response, Caller>();

/**
 * Finds out who asks and puts it where `accessOf` finds it; else answers 401, 403, 429 or 503. Belongs behind the routes of health
 * and before all others.
 */
export function authenticate(options: AccessOptions): RequestHandler {
  const { checks, rateLimit, log } = options;
  const limitRequests = rateLimit === null ? noLimit : limiter(rateLimit.requests, 'requests', keyOfCaller);
  const failures = rateLimit === null ? null : limiter(rateLimit.failures, 'failures', keyOfPlace);

  const refused = (request: Request, response: Response, detail: string): void => {
    const { address } = callerOf(response);
    log.warn({ address, path: request.path.slice(0, 300), reason: detail }, 'authentication failed');
    sendUnauthorized(request, response, detail);
  };

  return async (request, response, next) => {
    const caller: Caller = { address: addressOf(request, options.proxies), access: null };
    callers.set(response, caller);
    const pass = async (access: Access): Promise<void> => {
      caller.access = access;
      await limitRequests(request, response, next);
    };
    if (checks === null) {
      if (isForeignChange(request)) sendForeign(response);
      else await pass(options.everyone);
      return;
    }
    const credentials = credentialsOf(request.get('Authorization'));
    if (credentials.kind === 'none') {
      // Browsers ask so first: nothing to tell anybody of, but not without end.
      await limitRequests(request, response, () => {
        sendUnauthorized(request, response, 'This server asks for a token: see docs/access.md.');
      });
      return;
    }
    if (credentials.kind === 'malformed') {
      await refuseLimited(failures, request, response, () => {
        refused(request, response, 'The header Authorization is neither "Bearer <token>" nor Basic.');
      });
      return;
    }
    if (credentials.byBrowser && isForeignChange(request)) {
      sendForeign(response);
      return;
    }
    const hits = (await failures?.getKey(keyOfPlace(response)))?.totalHits ?? 0;
    const checked = await identify(
      checks,
      credentials.secret,
      request.get('X-Grafana-Id'),
      rateLimit === null || hits < rateLimit.failures,
    );
    if (checked.ok) {
      await pass(checked.access);
    } else if (checked.reason === 'unsure') {
      response.set('Retry-After', '5');
      sendProblem(response, 503, 'Nobody can say who you are', checked.detail);
    } else if (checked.reason === 'forbidden') {
      sendProblem(response, 403, 'Forbidden', checked.detail);
    } else {
      await refuseLimited(failures, request, response, () => {
        refused(request, response, checked.detail);
      });
    }
  };
}

/** Answers 403 to who has not the role. An operator has them all. Belongs behind `authenticate`. */
export function requireRole(role: Role): RequestHandler {
  return (_request, response, next) => {
    const { roles } = accessOf(response);
    if (roles.has(role) || roles.has('operator')) {
      next();
      return;
    }
    const own = roles.size === 0 ? 'no role' : `only the role ${[...roles].join(' and ')}`;
    sendProblem(response, 403, 'Forbidden', `This needs the role ${role}, and you have ${own}.`);
  };
}

/**
 * Answers 403 to who may see only some accounts or teams: for what shows everything as a whole (the page, reports, raw reports,
 * metrics). Belongs behind `authenticate`.
 */
export const requireWholeSight: RequestHandler = (_request, response, next) => {
  if (!isBound(accessOf(response))) {
    next();
    return;
  }
  sendProblem(
    response,
    403,
    'Forbidden',
    'This shows all accounts and teams, and you may see some of them: ask /api/v1 instead.',
  );
};

/** The limit on bringing reports, beside the one on requests; for the routes that take them, behind `authenticate`. */
export function limitIngest({ rateLimit }: AccessOptions): RequestHandler {
  return rateLimit === null ? noLimit : limiter(rateLimit.ingest, 'ingest', keyOfCaller);
}

/** Who asks. @throws RangeError where no `authenticate` came before: a defect */
export function accessOf(response: Response): Access {
  const { access } = callerOf(response);
  if (access === null) throw new RangeError('nobody was authenticated');
  return access;
}

/** Where a request comes from, behind the reverse proxies of the configuration. @throws RangeError as accessOf */
export function addressOfCaller(response: Response): string {
  return callerOf(response).address;
}

function callerOf(response: Response): Caller {
  const caller = callers.get(response);
  if (caller === undefined) throw new RangeError('the route is not behind authenticate()');
  return caller;
}

async function identify(
  { tokens, oidc, grafana }: AccessChecks,
  secret: string,
  identity: string | undefined,
  reread: boolean,
): Promise<Checked> {
  // A person with a token of their own: whatever Grafana would say of them adds nothing.
  if (oidc !== null && looksLikeJwt(secret)) return oidc.check(secret);
  const checked = await tokens.check(secret, reread);
  return checked.ok && grafana !== null ? grafana.narrow(checked.access, identity) : checked;
}

function looksLikeJwt(secret: string): boolean {
  return /^ey[\w-]+\.[\w-]+\.[\w-]*$/.test(secret);
}

async function refuseLimited(
  failures: RequestHandler | null,
  request: Request,
  response: Response,
  refuse: NextFunction,
): Promise<void> {
  if (failures === null) refuse();
  else await failures(request, response, refuse);
}

function keyOfPlace(response: Response): string {
  return keyOfAddress(callerOf(response).address);
}

function keyOfCaller(response: Response): string {
  const { access, address } = callerOf(response);
  return access === null ? keyOfAddress(address) : access.subject;
}

function sendUnauthorized(request: Request, response: Response, detail: string): void {
  const challenges = ['Bearer realm="sightline"'];
  // Only where a person can answer: programs would show a window to nobody.
  if (request.accepts(['json', 'html']) === 'html')
    challenges.push('Basic realm="Sightline: any name, the token as password", charset="UTF-8"');
  response.set('WWW-Authenticate', challenges);
  sendProblem(response, 401, 'Unauthorized', detail);
}

function sendForeign(response: Response): void {
  sendProblem(
    response,
    403,
    'Forbidden',
    'The page of another site asks for a change. Programs send the token as "Authorization: Bearer".',
  );
}
