import { performance } from 'node:perf_hooks';
import { type RequestHandler, Router } from 'express';
import type { Logger } from 'pino';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { z } from 'zod';
import type { Committer } from '../lake/committer.ts';
import { readHeads } from '../lake/lake.ts';
import type { CountingStore } from '../store/index.ts';
import { chatMetrics } from './chat-metrics.ts';
import { type EstateNumbers, estateNumbers } from './estate-numbers.ts';
import { jobMetrics } from './job-metrics.ts';
import { streamMetrics } from './streams/metrics.ts';
import type { Streams } from './streams/streams.ts';

export interface Metrics {
  /** Counts and times every request; must come before the routes. */
  readonly observe: RequestHandler;
  /** `/metrics` */
  readonly router: Router;
}

/** Reading every head costs a request each; scrapes come every 15 to 60 seconds, and from more than one Prometheus. */
const ESTATE_AGE_MS = 15_000;
const PREFIX = 'sightline_';

interface Estate {
  readonly numbers: EstateNumbers;
  readonly reportAt: number | null;
}

export function createMetrics(
  committer: Committer,
  store: CountingStore,
  log: Logger,
  streams: Streams | null = null,
): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const observe = requestMetrics(registry);
  storeMetrics(registry, store);
  if (streams !== null) streamMetrics(registry, streams, committer.now);
  const show = estateMetrics(registry);
  const showJobs = jobMetrics(registry, store, committer.now, log);
  const showChat = chatMetrics(registry, store, committer.now, log);
  const estate = cachedEstate(committer, log, async () => {
    await showJobs();
    await showChat();
  });

  const router = Router();
  router.get('/metrics', async (_request, response) => {
    show(await estate());
    response.set('Cache-Control', 'no-store').set('Content-Type', registry.contentType);
    response.send(await registry.metrics());
  });
  return { observe, router };
}

function requestMetrics(registry: Registry): RequestHandler {
  const requests = new Counter({
    name: `${PREFIX}http_requests_total`,
    help: 'Requests answered, by route and status.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: `${PREFIX}http_request_duration_seconds`,
    help: 'Time from the request to the end of the answer.',
    labelNames: ['route'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  });
  return (request, response, next) => {
    const start = performance.now();
    const method = ['GET', 'HEAD'].includes(request.method) ? request.method : 'other';
    const route = routeOf(request.path);
    response.once('close', () => {
      requests.inc({ method, route, status: String(response.statusCode) });
      seconds.observe({ route }, (performance.now() - start) / 1000);
    });
    next();
  };
}

const API_ROUTES: ReadonlySet<string> = new Set([
  'query',
  'dimensions',
  'findings',
  'verdicts',
  'ingest',
  'falco',
  'eventbridge',
  'reports',
  'status',
  'openapi.json',
]);

/** A bounded set of labels, whatever is asked for. */
function routeOf(path: string): string {
  if (path === '/' || path === '/index.html') return '/';
  const [, first = '', , third = ''] = path.split('/');
  if (path.startsWith('/api/v1/')) return API_ROUTES.has(third) ? `/api/v1/${third}` : 'other';
  if (['reports', 'raw', 'scoutsuite'].includes(first)) return `/${first}`;
  return ['/healthz', '/readyz', '/metrics'].includes(path) ? path : 'other';
}

function storeMetrics(registry: Registry, store: CountingStore): void {
  new Counter({
    name: `${PREFIX}store_requests_total`,
    help: 'Calls to the store by this process, by verb.',
    labelNames: ['verb'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [verb, count] of Object.entries(store.counts)) this.inc({ verb }, count);
    },
  });
}

function estateMetrics(registry: Registry): (estate: Estate | null) => void {
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]): Gauge<L> =>
    new Gauge({ name: `${PREFIX}${name}`, help, labelNames, registers: [registry] });
  const up = gauge('estate_up', '1 if the heads could be read for this scrape.', []);
  const open = gauge('findings_open', 'Open findings.', ['severity', 'source', 'cloud']);
  const overdue = gauge('findings_overdue', 'Open findings past their due date.', [
    'severity',
    'source',
    'cloud',
  ]);
  const staleness = gauge(
    'scope_staleness_seconds',
    'Time since the newest complete run, of the scope that has waited longest.',
    ['source', 'cloud'],
  );
  const scopes = gauge('scopes', 'Scopes by the outcome of their last run.', ['source', 'cloud', 'outcome']);
  const reportAt = gauge('report_timestamp_seconds', 'When the newest report was made.', []);
  return (estate) => {
    for (const metric of [open, overdue, staleness, scopes]) metric.reset();
    up.set(estate === null ? 0 : 1);
    if (estate === null) return;
    const { numbers } = estate;
    for (const { n, ...labels } of numbers.open) open.set(labels, n);
    for (const { n, ...labels } of numbers.overdue) overdue.set(labels, n);
    for (const { seconds, ...labels } of numbers.staleness) staleness.set(labels, seconds);
    for (const { n, ...labels } of numbers.scopes) scopes.set(labels, n);
    if (estate.reportAt !== null) reportAt.set(estate.reportAt / 1000);
  };
}

/** null while the store does not answer: a scrape that fails as a whole would also hide the process's own metrics. */
function cachedEstate(
  committer: Committer,
  log: Logger,
  showJobs: () => Promise<void>,
): () => Promise<Estate | null> {
  let cached: { readonly at: number; readonly estate: Promise<Estate | null> } | undefined;
  return () => {
    const now = committer.now();
    if (cached === undefined || now - cached.at > ESTATE_AGE_MS) {
      const jobs = showJobs();
      const estate = readEstate(committer)
        .then((read) => jobs.then(() => read))
        .catch((error: unknown) => {
          log.error({ err: error }, 'the estate could not be read for the metrics');
          return null;
        });
      cached = { at: now, estate };
    }
    return cached.estate;
  };
}

const latestSchema = z.object({ sightline: z.object({ generated_at: z.iso.datetime() }) });

async function readEstate(committer: Committer): Promise<Estate> {
  const [heads, latest] = await Promise.all([
    readHeads(committer),
    committer.store.get('reports/report_latest.json'),
  ]);
  return { numbers: estateNumbers(heads, committer.now()), reportAt: reportTime(latest?.body) };
}

function reportTime(body: Buffer | undefined): number | null {
  if (body === undefined) return null;
  try {
    return Date.parse(latestSchema.parse(JSON.parse(body.toString('utf8'))).sightline.generated_at);
  } catch {
    // A report of another tool, or half-way replaced by hand: it has no time that we know.
    return null;
  }
}
