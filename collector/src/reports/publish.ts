import { z } from 'zod';
import type { Committer } from '../lake/committer.ts';
import { readHeads } from '../lake/lake.ts';
import type { ObjectStore, PutOptions } from '../store/object-store.ts';
import { type AggregateOptions, buildReport, sequenceOf } from './aggregate.ts';
import { decodeCounters, encodeCounters } from './counters.ts';
import { renderPage } from './page/index.ts';
import { plainReportSchema, type Report, REPORT_VERSION, reportSchema } from './schema.ts';

export const LATEST_KEY = 'reports/report_latest.json';
export const PAGE_KEY = 'index.html';
export const reportKey = (date: string): string => `reports/${date}.json`;
const countersKey = (date: string): string => `reports/${date}.counters.json`;

/** Where `sightline ingest` keeps the HTML that ScoutSuite made, by scope. */
export const PAGES_PREFIX = 'reports/scoutsuite/';
export const pageMarkerSchema = z.object({ observedAt: z.number(), entry: z.string(), runId: z.string() });

const JSON_OPTIONS: PutOptions = { contentType: 'application/json', cacheControl: 'no-cache' };
const HTML_OPTIONS: PutOptions = { contentType: 'text/html; charset=utf-8', cacheControl: 'no-cache' };

export interface PublishOptions {
  readonly version: string;
  readonly findings?: number;
  readonly historyDays?: number;
  readonly cadenceHours?: Readonly<Record<string, number>>;
  readonly sourceOrder?: readonly string[];
}

/** Scouts count every item that a rule looked at, which is what the plain shape means. */
const SOURCE_ORDER = ['scoutsuite', 'prowler'];
const MAX_ROUNDS = 5;

export interface Published {
  readonly report: Report;
  /** False where a newer collector's report is there, which this one leaves as it is. */
  readonly written: boolean;
}

/**
 * Makes today's report out of the heads and puts it, with the page, into the bucket. Several collectors may do so at once:
 * each looks again after writing and writes anew if heads have moved, so that the last one standing knows everything.
 */
export async function publishReport(committer: Committer, options: PublishOptions): Promise<Published> {
  const { store } = committer;
  for (let round = 1; ; round++) {
    const heads = await readHeads(committer);
    const now = committer.now();
    const today = new Date(now).toISOString().slice(0, 10);
    const latest = await readLatest(store);
    const report = buildReport(heads, {
      now,
      version: options.version,
      previous: await readPrevious(store, latest, today),
      findings: options.findings ?? 500,
      historyDays: options.historyDays ?? 400,
      cadenceHours: options.cadenceHours ?? {},
      sourceOrder: options.sourceOrder ?? SOURCE_ORDER,
      pages: await readPages(store),
    });
    if (latest !== null && supersedes(latest, report)) return { report, written: false };
    const body = Buffer.from(JSON.stringify(report));
    await store.put(countersKey(today), encodeCounters(heads), JSON_OPTIONS);
    await store.put(reportKey(today), body, JSON_OPTIONS);
    await store.put(LATEST_KEY, body, JSON_OPTIONS);
    await store.put(PAGE_KEY, Buffer.from(renderPage(report, { jsonHref: reportKey(today) })), HTML_OPTIONS);
    if (round >= MAX_ROUNDS || sequenceOf(await readHeads(committer)) === sequenceOf(heads)) {
      return { report, written: true };
    }
  }
}

/** What is there was made by a newer version, or of a later day. */
function supersedes(latest: Latest, report: Report): boolean {
  return latest.version > REPORT_VERSION || latest.report_date > report.report_date;
}

interface Latest {
  readonly report_date: string;
  readonly version: number;
  /** Date of the report that it counts against. */
  readonly previous: string | null;
}

async function readLatest(store: ObjectStore): Promise<Latest | null> {
  const stored = await store.get(LATEST_KEY);
  if (stored === undefined) return null;
  const value = parseJson(stored.body);
  const plain = plainReportSchema.safeParse(value);
  if (!plain.success) return null;
  const report = reportSchema.safeParse(value).data;
  return {
    report_date: plain.data.report_date,
    version: plain.data.sightline?.version ?? 0,
    previous: report?.sightline.previous?.report_date ?? null,
  };
}

/** The report of an earlier day; reports of one day replace each other and count against the same one. */
async function readPrevious(
  store: ObjectStore,
  latest: Latest | null,
  today: string,
): Promise<AggregateOptions['previous']> {
  const date = latest === null ? null : latest.report_date < today ? latest.report_date : latest.previous;
  if (date === null) return null;
  const [report, counters] = await Promise.all([store.get(reportKey(date)), store.get(countersKey(date))]);
  const read = report === undefined ? null : readReportBody(report.body);
  const counted = decodeCounters(counters?.body);
  return read === null || counted === null ? null : { report: read, counters: counted };
}

async function readPages(store: ObjectStore): Promise<AggregateOptions['pages']> {
  const pages = new Map<string, { href: string; observedAt: number }>();
  for await (const { key } of store.list(PAGES_PREFIX)) {
    const [scopeId, name, ...deeper] = key.slice(PAGES_PREFIX.length).split('/');
    if (scopeId === undefined || name !== 'index.json' || deeper.length > 0) continue;
    const marker = pageMarkerSchema.safeParse(parseJson((await store.get(key))?.body ?? Buffer.alloc(0)));
    if (!marker.success) continue;
    pages.set(scopeId, {
      href: `${PAGES_PREFIX}${scopeId}/${marker.data.entry}`,
      observedAt: marker.data.observedAt,
    });
  }
  return pages;
}

export function readReportBody(body: Buffer): Report | null {
  const parsed = reportSchema.safeParse(parseJson(body));
  return parsed.success ? parsed.data : null;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
