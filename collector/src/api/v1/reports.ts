import { z } from 'zod';
import { LATEST_KEY, reportKey } from '../../reports/publish.ts';
import { notFound } from '../problem.ts';
import { sendBody } from '../send.ts';
import type { ApiOptions } from './options.ts';
import { type Route, route } from './route.ts';
import { sendJson } from './send.ts';
import { millis } from './shapes.ts';

const PREFIX = 'reports/';
const DATED = /^reports\/(\d{4}-\d{2}-\d{2})\.json$/;

const listResponse = z.object({
  reports: z
    .array(
      z.object({
        date: z.string(),
        /** Relative to the API. */
        href: z.string(),
        bytes: z.number().int(),
        modifiedAt: millis,
      }),
    )
    .meta({ description: 'Newest first.' }),
});

const one = z.strictObject({
  date: z
    .union([z.literal('latest'), z.iso.date()], 'a report has a date (2026-11-20), or is the latest')
    .meta({ description: 'A day (UTC), or `latest`.' }),
});

export function reportRoutes(options: ApiOptions): readonly Route[] {
  const { store } = options.committer;
  return [
    route({
      method: 'get',
      path: '/reports',
      id: 'listReports',
      summary: 'The daily reports there are',
      role: 'viewer',
      whole: true,
      ok: { description: 'All of them.', schema: listResponse },
      handle: async ({ request, response }) => {
        const reports: z.infer<typeof listResponse>['reports'] = [];
        for await (const { key, size, modifiedAt } of store.list(PREFIX)) {
          const [, date] = DATED.exec(key) ?? [];
          if (date !== undefined) reports.push({ date, href: `reports/${date}`, bytes: size, modifiedAt });
        }
        reports.sort((a, b) => (a.date < b.date ? 1 : -1));
        sendJson(request, response, { reports });
      },
    }),
    route({
      method: 'get',
      path: '/reports/{date}',
      id: 'getReport',
      summary: 'A daily report',
      description: 'Its JSON Schema is docs/report.schema.json.',
      role: 'viewer',
      whole: true,
      params: one,
      ok: { description: 'The report.', schema: z.looseObject({ report_date: z.string() }) },
      problems: { 404: 'There is no report of that day.' },
      handle: async ({ params, request, response }) => {
        const stored = await store.get(params.date === 'latest' ? LATEST_KEY : reportKey(params.date));
        if (stored === undefined) throw notFound('There is no such report.');
        sendBody(request, response, stored.body, 'application/json; charset=utf-8');
      },
    }),
  ];
}
