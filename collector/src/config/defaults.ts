import { DEFAULT_SETTINGS } from '../findings/settings.ts';
import { DEFAULT_IDENTITY } from '../sources/identity/check.ts';

/** Every number that the configuration can change, with what it is where nobody says otherwise. */
export const DEFAULTS = {
  /** Days to fix by severity, and the share of rules below which a snapshot counts as partial: part of what a finding is. */
  sla: DEFAULT_SETTINGS.sla.days,
  minimumRules: DEFAULT_SETTINGS.minimumRules,
  quietDays: DEFAULT_SETTINGS.quietDays,
  report: {
    /** Rows of the page's table. A page of 500 rows is about 400 kB and still opens at once on a phone. */
    findings: 500,
    /** Days of trend in the report: a year and a month, so that a year ago is always there to compare with. */
    historyDays: 400,
  },
  serve: {
    /** Only this machine: whoever serves to others says so. */
    host: '127.0.0.1',
    port: 8080,
  },
  access: {
    /**
     * A minute. A dashboard of 20 panels, which ask three things each, refreshed every 10 s by three people asks 1,080 times; a scan of
     * 400 accounts brings 400 reports. Nobody mistypes a token 30 times a minute.
     */
    rateLimit: { requests: 1_200, ingest: 600, failures: 30 },
    /** X-Forwarded-For is only believed as far as proxies of one's own wrote it. */
    proxies: 0,
  },
  identity: DEFAULT_IDENTITY,
  /** The Delta tables that the server keeps up to date. */
  tables: { everyHours: 24 },
  warehouse: {
    path: './.sightline/warehouse',
    /** Bytes. */
    memory: 448 * 1024 ** 2,
    concurrency: 4,
    /** Seconds. */
    refresh: 15,
    /** Seconds. */
    queryTimeout: 30,
    sql: false,
    timezone: 'UTC',
    /** As many as a table of Grafana still scrolls through. */
    maxRows: 10_000,
  },
  jobs: {
    timezone: 'UTC',
    attempts: 2,
    /** Lowest but one: scans never take from who serves answers. */
    nice: 10,
    concurrency: 4,
    /** A run on a thousand reports takes minutes, and disk for a gigabyte. */
    limit: { items: 1_000, bytes: 1024 ** 3 },
    /** Milliseconds. Uploads in parts that were not ended are mostly thrown away after seven days. */
    overlap: 8 * 86_400_000,
  },
  /** Runs at once by one collector. Scanners are processes of their own that take some hundred megabytes each. */
  collector: { concurrency: 4 },
  streams: {
    /** Milliseconds. Four requests to the bucket in a second while events come, and a quarter of a second until they are acknowledged. */
    linger: 250,
    batchBytes: 8 * 1024 ** 2,
    waitingBytes: 64 * 1024 ** 2,
    /** About a day of 1,000 events a second, which compress thirty times. */
    backlogBytes: 2 * 1024 ** 3,
    /** Half a minute of 10,000 events a second has 270 MB. */
    reportBytes: 512 * 1024 ** 2,
    /** Milliseconds. */
    every: 30_000,
    /** Milliseconds. */
    takeOver: 120_000,
  },
  /** Reports: as sources/input has them for itself, which a test holds together. */
  limits: {
    /** Bytes of one report, decompressed. The largest ScoutSuite report that we know of has 1.1 GB. */
    maxReportBytes: 4 * 1024 ** 3,
    /** Decompressed size over compressed size. JSON of scanners compresses 10 to 40 times; a bomb 1,000 times. */
    maxArchiveRatio: 200,
    /** Files in one archive. */
    maxArchiveEntries: 10_000,
    /** Findings kept in memory between commits, over all scopes; about 1.5 kB each. */
    cacheRows: 20_000,
  },
} as const;
