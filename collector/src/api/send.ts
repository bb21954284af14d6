import * as crypto from 'node:crypto';
import type { Request, Response } from 'express';
import { StoreError } from '../errors.ts';
import { assertKey } from '../store/object-store.ts';
import { notFound } from './problem.ts';

/**
 * The key that a path below `folder` names; `path` as express gives a wildcard.
 * @throws HttpProblem 404 for a path that is no key: it can name nothing
 */
export function keyOf(folder: string, path: unknown): string {
  const key = folder + (Array.isArray(path) ? path.join('/') : String(path));
  try {
    assertKey(key);
  } catch (error) {
    if (error instanceof StoreError) throw notFound('There is no such report.');
    throw error;
  }
  return key;
}

/** Sends a body that may change under its path; 304 where the client has it. */
export function sendBody(request: Request, response: Response, body: Buffer, type: string): void {
  response.set('Content-Type', type);
  response.set('Cache-Control', 'no-cache');
  // The store's token is opaque and may be no valid header; the content's hash is both.
  response.set('ETag', `"${crypto.hash('sha256', body, 'base64url').slice(0, 27)}"`);
  if (request.fresh) {
    response.status(304).end();
    return;
  }
  response.send(body);
}
