import * as crypto from 'node:crypto';
import type { Request, Response } from 'express';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Answers JSON, and 304 where the client has it. What one caller may see is no other's: nothing between may keep it. */
export function sendJson(request: Request, response: Response, value: unknown): void {
  const body = JSON.stringify(value);
  common(response);
  // Of the content and not of the warehouse's version: what is overdue depends on the time, too.
  response.set('ETag', `"${crypto.hash('sha256', body, 'base64url').slice(0, 27)}"`);
  if (request.fresh) {
    response.status(304).end();
    return;
  }
  response.send(body);
}

/** Answers JSON with a tag of the caller's own. */
export function sendTagged(response: Response, value: unknown, tag: string): void {
  common(response);
  response.set('ETag', `"${tag.replace(/[^\x21\x23-\x7e]/g, '')}"`);
  response.send(JSON.stringify(value));
}

function common(response: Response): void {
  response.set('Content-Type', JSON_TYPE).set('Cache-Control', 'private, no-cache');
  response.vary('Authorization').vary('X-Grafana-Id');
}

/** Aborted when the client goes before it has its answer. */
export function goneSignal(response: Response): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}
