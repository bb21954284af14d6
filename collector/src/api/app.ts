import { performance } from 'node:perf_hooks';
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import type { Committer } from '../lake/committer.ts';
import type { CountingStore } from '../store/index.ts';
import { filesRouter } from './files.ts';
import { healthRouter } from './health.ts';
import { createMetrics } from './metrics.ts';
import { scoutsuiteRouter } from './scoutsuite.ts';
import { nothingHere, problemHandler, readOnly, sendProblem } from './problem.ts';

export interface AppOptions {
  readonly committer: Committer;
  /** The committer's store. */
  readonly store: CountingStore;
  readonly log: Logger;
  /**
   * Names under which the server may be asked for, or null for any. A server for this machine only has to know its names:
   * else any web site could point a name of its own at 127.0.0.1 and read the answers.
   */
  readonly hosts: ReadonlySet<string> | null;
}

/** The server's routes: the page and its files, health, metrics. It only reads. */
export function createApp({ committer, store, log, hosts }: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  // Routes that have an ETag set it themselves.
  app.set('etag', false);
  const metrics = createMetrics(committer, store, log);
  app.use(metrics.observe);
  app.use(requestLog(log));
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      },
      // TLS ends at the reverse proxy, which knows whether it always will.
      strictTransportSecurity: false,
      // ScoutSuite's page runs beside in a sandbox, which browsers can't key by this origin, and complain.
      originAgentCluster: false,
    }),
  );
  if (hosts !== null) app.use(knownHosts(hosts));
  app.use(readOnly);
  app.use(healthRouter(store, committer.now, log));
  app.use(metrics.router);
  app.use(scoutsuiteRouter(store));
  app.use(filesRouter(store));
  app.use(nothingHere);
  app.use(problemHandler(log));
  return app;
}

function knownHosts(hosts: ReadonlySet<string>): RequestHandler {
  return (request, response, next) => {
    const host = URL.parse(`http://${request.get('Host') ?? ''}`)?.hostname;
    if (host !== undefined && hosts.has(host)) {
      next();
      return;
    }
    sendProblem(
      response,
      421,
      'Misdirected request',
      'This server answers under its own names only. Behind a reverse proxy, start it with --public-url.',
    );
  };
}

/** Path and never the query or headers: those may hold what is nobody's business. */
function requestLog(log: Logger): RequestHandler {
  return (request, response, next) => {
    const start = performance.now();
    const { method, path } = request;
    response.once('close', () => {
      const fields = {
        method,
        path: path.slice(0, 300),
        status: response.statusCode,
        ms: Math.round(performance.now() - start),
      };
      if (['/healthz', '/readyz', '/metrics'].includes(path) && response.statusCode < 400)
        log.debug(fields, 'request');
      else log.info(fields, 'request');
    });
    next();
  };
}
