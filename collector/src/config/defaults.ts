import { DEFAULT_SETTINGS } from '../findings/settings.ts';

/** Every number that the configuration can change, with what it is where nobody says otherwise. */
export const DEFAULTS = {
  /** Days to fix by severity, and the share of rules below which a snapshot counts as partial: part of what a finding is. */
  sla: DEFAULT_SETTINGS.sla.days,
  minimumRules: DEFAULT_SETTINGS.minimumRules,
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
