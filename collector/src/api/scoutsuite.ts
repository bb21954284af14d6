import * as crypto from 'node:crypto';
import { type Request, type Response, Router } from 'express';
import { PAGES_PREFIX } from '../reports/publish.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { isFont, typeOf } from './content.ts';
import { notFound } from './problem.ts';
import { keyOf, sendBody } from './send.ts';

/**
 * ScoutSuite's own report is a program: it may run, from its own files, in an origin of its own that can read nothing of
 * ours and call nobody. (Its templates are compiled with eval.)
 */
const POLICY = [
  'sandbox allow-scripts allow-modals allow-downloads',
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * To the browser a sandboxed page is another site, so its scripts must be open to other sites; and open to every site they
 * would let any of them run the results and read the findings. So the page moves to a path that nobody can guess, where
 * its files are open, and nowhere else. A browser sends no Referer from a sandbox that could tell the two apart.
 * The path lasts as long as the process: an old one leads back to the start.
 */
export function scoutsuiteRouter(store: ObjectStore): Router {
  const secret = crypto.randomBytes(16).toString('base64url');
  const router = Router();

  router.get('/reports/scoutsuite/*path', async (request, response) => {
    const parts = partsOf(request.params.path);
    if (isPage(parts)) redirect(response, [...up(parts, 2), 'scoutsuite', secret, ...parts]);
    else await send(store, parts, request, response);
  });

  router.get('/scoutsuite/:secret/*path', async (request, response) => {
    const parts = partsOf(request.params.path);
    if (request.params.secret !== secret) {
      if (!isPage(parts)) throw notFound('There is no such report.');
      redirect(response, [...up(parts, 2), 'reports', 'scoutsuite', ...parts]);
      return;
    }
    response.set('Cross-Origin-Resource-Policy', 'cross-origin');
    if (isFont(parts.at(-1) ?? '')) response.set('Access-Control-Allow-Origin', '*');
    await send(store, parts, request, response);
  });
  return router;
}

async function send(
  store: ObjectStore,
  parts: readonly string[],
  request: Request,
  response: Response,
): Promise<void> {
  const key = keyOf(PAGES_PREFIX, parts);
  const type = typeOf(key);
  const stored = type === null ? undefined : await store.get(key);
  if (type === null || stored === undefined) throw notFound('There is no such report.');
  response.set('Content-Security-Policy', POLICY);
  sendBody(request, response, stored.body, type);
}

function isPage(parts: readonly string[]): boolean {
  return /\.html$/i.test(parts.at(-1) ?? '');
}

/** Relative, so that it holds below any path of a reverse proxy. */
function up(parts: readonly string[], folders: number): string[] {
  return new Array<string>(folders + parts.length - 1).fill('..');
}

function redirect(response: Response, path: readonly string[]): void {
  // The parts were checked by nobody yet: encoded, they stay parts.
  const location = path.map((part) => (part === '..' ? part : encodeURIComponent(part))).join('/');
  response.set('Cache-Control', 'no-store').set('Location', location).status(302).end();
}

/** @throws HttpProblem 404 for a path that is no key */
function partsOf(path: unknown): string[] {
  const parts = Array.isArray(path) ? path.map(String) : [String(path)];
  keyOf(PAGES_PREFIX, parts);
  return parts;
}
