import { settingsFrom } from '../../collector/src/config/index.ts';
import { applyConfig } from '../../collector/src/lake/lake.ts';
import { sampleReports, sampleSettingsFor } from '../../collector/src/sample/index.ts';
import { type Api, startApi } from '../api/support.ts';
import type { Asked, Frame } from './grafana.ts';

const DAY = 86_400_000;

/** A collector with the whole sample estate, which ends now. */
export async function startCollector(weeks = 12): Promise<Api> {
  const api = await startApi({ sql: true });
  const now = Math.floor(Date.now() / 1000) * 1000;
  await applyConfig(api.committer, settingsFrom(sampleSettingsFor(now)), 'ada', now - 100 * DAY);
  const reports = sampleReports({ end: now, weeks }).filter(
    ({ path }) => !path.includes('scoutsuite_errors'),
  );
  for (const report of reports) await api.bring(Buffer.from(report.content()));
  await api.warehouse?.refresh();
  return api;
}

/** What Grafana adds to a query, and its backend takes off. */
const GRAFANAS = new Set([
  'datasource',
  'datasourceId',
  'hide',
  'key',
  'version',
  'queryCachingTTL',
  'timezone',
]);

/** What the API itself says to a request that Grafana made. */
export async function answerOfApi(
  api: Api,
  { from, to, queries }: Asked,
  refId = 'A',
): Promise<readonly Frame[]> {
  const query = queries.find((one) => one['refId'] === refId) ?? {};
  const { queryType: type, timezone, maxDataPoints, intervalMs, ...rest } = query;
  const own = Object.fromEntries(Object.entries(rest).filter(([name]) => !GRAFANAS.has(name)));
  const trend = type === 'trend' ? { maxDataPoints, intervalMs } : {};
  const { body } = await api.post<{
    results: Record<string, { frames?: readonly Frame[]; error?: { detail: string } }>;
  }>('/query', {
    from: Number(from),
    to: Number(to),
    ...(timezone === undefined ? {} : { timezone }),
    queries: [{ ...own, ...trend, type }],
  });
  const { frames, error } = body.results[refId] ?? {};
  if (frames === undefined) throw new Error(`the API answers: ${error?.detail ?? 'nothing'}`);
  return frames;
}
