import { performance } from 'node:perf_hooks';
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import type { ReadingOptions } from '../ingest/ingest.ts';
import type { Committer } from '../lake/committer.ts';
import type { PublishOptions } from '../reports/publish.ts';
import type { InputLimits } from '../sources/input/index.ts';
import type { CountingStore } from '../store/index.ts';
import type { Warehouse } from '../warehouse/contract.ts';
import {
  type AccessOptions,
  authenticate,
  createAudit,
  noAccess,
  requireRole,
  requireWholeSight,
} from './access/index.ts';
import { filesRouter } from './files.ts';
import { healthRouter } from './health.ts';
import { createMetrics } from './metrics.ts';
import { scoutsuiteRouter } from './scoutsuite.ts';
import type { Streams } from './streams/streams.ts';
import { letGo, nothingHere, problemHandler, readOnly, sendProblem } from './problem.ts';
import { apiRouter } from './v1/index.ts';

export interface ApiSettings {
  /** What queries are answered from; null: they are not. */
  readonly warehouse: Warehouse | null;
  readonly access: AccessOptions;
  /** Bounds of reports that are brought, where they differ from the defaults. */
  readonly limits: Partial<InputLimits>;
  /** What the configuration says of reading reports: rules for users, files that only it knows. */
  readonly reading: ReadingOptions;
  /** How the daily report is made after a report was brought; its version is the collector's. */
  readonly report: PublishOptions;
  /** What takes in events that are pushed; null: nothing does. */
  readonly streams: Streams | null;
}

export interface AppOptions {
  readonly committer: Committer;
  /** The committer's store. */
  readonly store: CountingStore;
  readonly log: Logger;
  /** By default without a warehouse, and open to everybody who reaches the server. */
  readonly api?: Partial<ApiSettings> | undefined;
  /**
   * Names under which the server may be asked for, or null for any. A server for this machine only has to know its names:
   * else any web site could point a name of its own at 127.0.0.1 and read the answers.
   */
  readonly hosts: ReadonlySet<string> | null;
}

/** The server's routes: health, the API, and for who may see everything the page, its files and metrics. */
export function createApp({ committer, store, log, hosts, api = {} }: AppOptions): Express {
  const {
    warehouse = null,
    access = noAccess(log),
    limits = {},
    reading = {},
    report = { version: '0.0.0' },
    streams = null,
  } = api;
  const audit = createAudit(log, store, committer.now);
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  // Routes that have an ETag set it themselves.
  app.set('etag', false);
  const metrics = createMetrics(committer, store, log, streams);
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
  app.use(letGo);
  app.use(healthRouter(store, committer.now, log));
  app.use(authenticate(access));
  app.use(
    '/api/v1',
    apiRouter({
      committer,
      log,
      warehouse,
      access,
      audit,
      limits,
      reading,
      report,
      intake: streams?.intake,
    }),
  );
  app.use(readOnly);
  app.use(requireRole('viewer'), requireWholeSight);
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
