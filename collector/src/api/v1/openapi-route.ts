import { z } from 'zod';
import { openapi } from './openapi.ts';
import { type Route, route } from './route.ts';
import { sendJson } from './send.ts';

/** The document of all routes, its own among them. */
export function openapiRoute(routes: readonly Route[], version: string): Route {
  let document: unknown;
  const own: Route = route({
    method: 'get',
    path: '/openapi.json',
    id: 'openapi',
    summary: 'This document',
    role: null,
    ok: { description: 'OpenAPI 3.1', schema: z.looseObject({ openapi: z.string() }) },
    handle: ({ request, response }) => {
      document ??= openapi([...routes, own], version);
      sendJson(request, response, document);
      return Promise.resolve();
    },
  });
  return own;
}
