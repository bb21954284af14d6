import * as crypto from 'node:crypto';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { type Request, type Response, Router } from 'express';
import { hasZstd } from '../lake/compression.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { type Encoding, rawContentOf, typeOf } from './content.ts';
import { HttpProblem, notFound } from './problem.ts';
import { keyOf, sendBody } from './send.ts';
import { EMPTY_PAGE } from './empty-page.ts';

const PAGE_KEY = 'index.html';

/** Sightline's own page brings its policy in its head; this adds what only a header can say. */
const PAGE_POLICY = "frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action 'none'";
/** What scanners wrote is shown, and never runs with the rights of this origin. */
const RAW_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
/** `/`, `/index.html`, `/reports/…` and `/raw/…` from the store. */
export function filesRouter(store: ObjectStore): Router {
  const router = Router();
  router.get(['/', '/index.html'], async (request, response) => {
    response.set('Content-Security-Policy', PAGE_POLICY);
    const stored = await store.get(PAGE_KEY);
    if (stored === undefined) {
      response.set('Cache-Control', 'no-store').type('html').send(EMPTY_PAGE);
      return;
    }
    sendBody(request, response, stored.body, 'text/html; charset=utf-8');
  });
  router.get('/reports/*path', async (request, response) => {
    await sendReport(store, keyOf('reports/', request.params.path), request, response);
  });
  router.get('/raw/*path', async (request, response) => {
    await sendRaw(store, keyOf('raw/', request.params.path), request, response);
  });
  return router;
}

async function sendReport(
  store: ObjectStore,
  key: string,
  request: Request,
  response: Response,
): Promise<void> {
  const type = typeOf(key);
  const stored = type === null ? undefined : await store.get(key);
  if (type === null || stored === undefined) throw notFound('There is no such report.');
  response.set('Content-Security-Policy', RAW_POLICY);
  sendBody(request, response, stored.body, type);
}

/** A raw report never changes under its key, which holds its digest. */
async function sendRaw(store: ObjectStore, key: string, request: Request, response: Response): Promise<void> {
  const content = rawContentOf(key);
  if (content === null) throw notFound('There is no such raw report.');
  const passThrough = request.acceptsEncodings(content.encoding) === content.encoding;
  response.set('Content-Security-Policy', RAW_POLICY);
  response.vary('Accept-Encoding');
  const etag = `"${crypto.hash('sha256', `${key} ${passThrough ? content.encoding : ''}`, 'base64url').slice(0, 27)}"`;
  const body = await store.read(key);
  if (body === undefined) throw notFound('There is no such raw report.');
  response.set('Cache-Control', 'private, max-age=31536000, immutable');
  response.set('ETag', etag);
  if (request.fresh || request.method === 'HEAD') {
    body.destroy();
    if (passThrough) response.set('Content-Encoding', content.encoding);
    response.set('Content-Type', content.type);
    response.status(request.fresh ? 304 : 200).end();
    return;
  }
  response.set('Content-Type', content.type);
  if (passThrough) {
    response.set('Content-Encoding', content.encoding);
    await send(body, response);
  } else {
    await send(body, response, decompressor(content.encoding, body, response));
  }
}

async function send(body: Readable, response: Response, through?: NodeJS.ReadWriteStream): Promise<void> {
  try {
    await (through === undefined ? pipeline(body, response) : pipeline(body, through, response));
  } catch (error) {
    // The client went away: nobody is left to be told.
    if (isPrematureClose(error)) return;
    throw error;
  }
}

function decompressor(encoding: Encoding, body: Readable, response: Response): NodeJS.ReadWriteStream {
  if (encoding === 'gzip') return zlib.createGunzip();
  if (hasZstd) return zlib.createZstdDecompress();
  body.destroy();
  response.removeHeader('Cache-Control');
  response.removeHeader('ETag');
  throw new HttpProblem(
    406,
    'Not acceptable',
    'The report is stored with Zstandard, which this server can not undo: ask with Accept-Encoding: zstd.',
  );
}

function isPrematureClose(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}
