import { type Request, type RequestHandler, type Response, Router } from 'express';
import { limitIngest, requireRole, requireWholeSight } from '../access/index.ts';
import { methodNotAllowed, nothingHere } from '../problem.ts';
import { jsonBody } from './body.ts';
import { detailRoute } from './detail.ts';
import { dimensionRoutes } from './dimensions.ts';
import { eventRoutes } from './events.ts';
import { findingsRoute } from './findings.ts';
import { ingestRoute } from './ingest.ts';
import { openapiRoute } from './openapi-route.ts';
import { measuresRoute } from './measures.ts';
import type { ApiOptions } from './options.ts';
import { queryRoute } from './query.ts';
import { reportRoutes } from './reports.ts';
import type { Route } from './route.ts';
import { statusRoute } from './status.ts';
import { verdictRoutes } from './verdicts.ts';

export type { ApiOptions } from './options.ts';

/** Every route, in the order of the document. */
export function apiRoutes(options: ApiOptions): readonly Route[] {
  const routes = [
    queryRoute(options),
    measuresRoute(),
    ...dimensionRoutes(options),
    findingsRoute(options),
    detailRoute(options),
    ...verdictRoutes(options),
    ingestRoute(options),
    ...eventRoutes(options),
    ...reportRoutes(options),
    statusRoute(options),
  ];
  return [...routes, openapiRoute(routes, options.report.version)];
}

/** `/api/v1`; belongs behind `authenticate`. */
export function apiRouter(options: ApiOptions): Router {
  const router = Router({ caseSensitive: true });
  const allowed = new Map<string, string[]>();
  const bringsReports = limitIngest(options.access);
  for (const route of apiRoutes(options)) {
    const path = route.path.replace(/\{(\w+)\}/g, ':$1');
    const methods = route.method === 'get' ? ['GET', 'HEAD'] : ['POST'];
    allowed.set(path, [...(allowed.get(path) ?? []), ...methods]);
    router[route.method](path, ...guards(route, bringsReports), (request: Request, response: Response) =>
      route.run(request, response),
    );
  }
  for (const [path, methods] of allowed) {
    const list = methods.join(', ');
    router.all(path, methodNotAllowed(list, `This path takes ${list}.`));
  }
  router.use(nothingHere);
  return router;
}

function guards(route: Route, bringsReports: RequestHandler): RequestHandler[] {
  return [
    ...(route.role === null ? [] : [requireRole(route.role)]),
    ...(route.whole === true ? [requireWholeSight] : []),
    ...(route.upload === true ? [bringsReports] : []),
    ...(route.body === null ? [] : jsonBody()),
  ];
}
