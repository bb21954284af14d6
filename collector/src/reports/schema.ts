import { z } from 'zod';
import { SEVERITIES } from '../findings/severity.ts';
import { bucketPath } from './page/client/format.ts';

/**
 * The aggregated report of one day, `reports/<YYYY-MM-DD>.json` in the bucket.
 *
 * Its plain part is `report_date`, `total` and one member per cloud. Whatever Sightline says beyond it lives under
 * `sightline`, also in later versions, so that "every other top-level member is a cloud" stays true for ever and a
 * program that knows only the plain part never has to change.
 */
export const REPORT_VERSION = 1;
export const REPORT_SCHEMA_ID = `urn:sightline:report:${REPORT_VERSION}`;

const RESERVED_KEYS: ReadonlySet<string> = new Set(['report_date', 'total', 'sightline', '__proto__']);

const count = z.int().nonnegative();
/** Null where no source says: never 0 in its place, and never added up across sources. */
const unknownCount = count.nullable();
const text = z.string();
const instant = z.iso.datetime();

export const severitiesSchema = z
  .object({ critical: count, high: count, medium: count, low: count, informational: count })
  .meta({ id: 'Severities', title: 'Open findings by severity' });

const checkCounts = {
  checked_items: unknownCount.meta({ description: 'Checks run; null where the source does not say.' }),
  flagged_items: unknownCount.meta({
    description: 'Checks that failed; null where the source does not say.',
  }),
  resources_count: unknownCount.meta({ description: 'Resources seen; null where the source does not say.' }),
};

const flowCounts = {
  open: count.meta({ description: 'Open findings at the time of the report.' }),
  new: count.meta({
    description:
      'Opened since the previous report by drift: the rule had been evaluated there and had not failed.',
  }),
  fixed: count.meta({ description: 'Fixed since the previous report.' }),
  reopened: count.meta({ description: 'Fixed earlier, seen again since the previous report.' }),
  overdue: count.meta({ description: 'Past the due date, confirmed by a complete run after it.' }),
};

export const serviceSchema = z
  .object({
    ...checkCounts,
    ...flowCounts,
    severities: severitiesSchema,
    accounts: count.meta({ description: 'Accounts with data of this service.' }),
    regions: count.meta({ description: 'Regions with an open finding of this service.' }),
  })
  .meta({ id: 'Service', title: 'One service of one cloud' });

export const cloudSchema = z
  .record(text, serviceSchema)
  .meta({ id: 'Cloud', title: 'One cloud: its services by name' });

export const totalSchema = z
  .object({ ...checkCounts, ...flowCounts, severities: severitiesSchema })
  .meta({ id: 'Total', title: 'All clouds together' });

const sourceCountsSchema = z
  .object(checkCounts)
  .meta({ id: 'SourceCounts', title: 'What one source says of one service' });

const accountServiceSchema = z
  .object({
    service: text,
    ...checkCounts,
    open: count,
    new: count,
    fixed: count,
    overdue: count,
    severities: severitiesSchema,
    sources: z.record(text, sourceCountsSchema),
  })
  .meta({ id: 'AccountService', title: 'One service in one account' });

const rawReportSchema = z
  .object({
    source: text,
    observed_at: instant,
    href: text
      // The bucket is served as it is: a link that leaves the page's folder would be somebody else's page.
      .refine((href) => bucketPath(href) !== null, 'must be a relative path below the page')
      .meta({ description: 'Relative to the page, in the bucket.' }),
    kind: z.enum(['html', 'raw']),
    bytes: count.nullable(),
  })
  .meta({ id: 'RawReport', title: 'A report as the scanner wrote it' });

const accountSchema = z
  .object({
    cloud: text,
    account: text,
    name: text.nullable(),
    team: text.nullable(),
    environment: text.nullable(),
    ...flowCounts,
    severities: severitiesSchema,
    previous_open: count.nullable(),
    services: z.array(accountServiceSchema),
    raw_reports: z.array(rawReportSchema),
  })
  .meta({ id: 'Account', title: 'One cloud account, or what stands for it' });

const regionSchema = z
  .object({ cloud: text, region: text, open: count, severities: severitiesSchema })
  .meta({ id: 'Region', title: 'One region of one cloud' });

const freshnessSchema = z
  .object({
    source: text,
    cloud: text,
    account: text,
    name: text.nullable(),
    last_run_at: instant,
    last_complete_at: instant.nullable(),
    outcome: z.enum(['complete', 'partial', 'failed']).meta({ description: 'Of the last run.' }),
    expected_every_hours: z.number().positive().nullable(),
    state: z.enum(['fresh', 'late', 'silent', 'failed']),
    open: count,
    delta: z.int().nullable().meta({ description: 'Change of open findings by the last run.' }),
    notes: z.array(text),
  })
  .meta({ id: 'Freshness', title: 'When a source last looked at an account' });

const trendPointSchema = z
  .object({
    date: z.iso.date(),
    open: count,
    severities: severitiesSchema,
    new: count,
    fixed: count,
    overdue: count,
    checked_items: unknownCount,
    flagged_items: unknownCount,
  })
  .meta({ id: 'TrendPoint', title: 'One day' });

const findingSchema = z
  .object({
    fingerprint: text,
    severity: z.enum(SEVERITIES),
    score: z.number().min(0).max(100),
    title: text,
    rule: text,
    source: text,
    cloud: text,
    account: text,
    account_name: text.nullable(),
    team: text.nullable(),
    region: text,
    service: text,
    resource_type: text.nullable(),
    resource: text,
    resource_name: text.nullable(),
    first_seen: instant,
    due_at: instant.nullable(),
    overdue: z.enum(['no', 'unverified', 'confirmed']),
    remediation: text.nullable(),
    references: z.array(text),
  })
  .meta({ id: 'ReportFinding', title: 'An open finding' });

const totalsSchema = z
  .object({
    open: count,
    new: count.meta({ description: 'Opened by drift since the previous report.' }),
    reopened: count,
    fixed: count,
    baseline: count.meta({ description: 'Opened because the place was looked at for the first time.' }),
    ruleset: count.meta({ description: 'Opened because the rule was evaluated there for the first time.' }),
    overdue_confirmed: count,
    overdue_unverified: count,
    accepted: count,
    false_positives: count,
    muted: count,
    severities: severitiesSchema,
    previous_severities: severitiesSchema.nullable(),
    risk_score: z.number().nonnegative(),
  })
  .meta({ id: 'Totals', title: 'What the whole estate amounts to' });

export const sightlineSchema = z
  .object({
    version: z.literal(REPORT_VERSION),
    generated_at: instant,
    collector: text.meta({ description: 'Version of the collector that wrote the report.' }),
    sequence: count.meta({
      description: 'Of two reports of one day the one with the higher sequence is newer.',
    }),
    previous: z.object({ report_date: z.iso.date(), generated_at: instant }).nullable().meta({
      description: 'The report that new, fixed and every change count against; null in the first one.',
    }),
    totals: totalsSchema,
    accounts: z.array(accountSchema),
    regions: z.array(regionSchema),
    freshness: z.array(freshnessSchema),
    trend: z.array(trendPointSchema).meta({ description: 'Oldest first.' }),
    findings: z.array(findingSchema).meta({ description: 'Worst first, a bounded number.' }),
    findings_total: count.meta({ description: 'How many findings are open, shown above or not.' }),
  })
  .meta({ id: 'Sightline', title: 'What Sightline adds' });

const plainMembers = {
  report_date: z.iso.date().meta({ description: 'The day of the report, UTC.' }),
  aws: cloudSchema.optional(),
  azure: cloudSchema.optional(),
  gcp: cloudSchema.optional(),
};

/** Whether a cloud of that name can be a member of the report. Reports of others name clouds; one that is like no cloud is in the sums only. */
export function isCloudKey(key: string): boolean {
  return !RESERVED_KEYS.has(key);
}

/** The report as this version writes it. `report_date`, `total` and `sightline` can't be names of clouds. */
export const reportSchema = z
  .looseObject({ ...plainMembers, total: totalSchema, sightline: sightlineSchema })
  .superRefine((report, context) => {
    for (const [key, value] of Object.entries(report)) {
      if (!isCloudKey(key) || cloudSchema.safeParse(value).success) continue;
      context.addIssue({
        code: 'custom',
        path: [key],
        message: 'is not a cloud: services with their numbers',
      });
    }
  })
  .meta({
    title: 'Sightline report',
    description:
      'Aggregated findings of one day. Every top-level member besides report_date, total and sightline is a cloud: its services by name.',
  });

export type Report = z.infer<typeof reportSchema>;
export type ReportSeverities = z.infer<typeof severitiesSchema>;
export type ReportService = z.infer<typeof serviceSchema>;
export type ReportCloud = z.infer<typeof cloudSchema>;
export type ReportTotal = z.infer<typeof totalSchema>;
export type SightlinePart = z.infer<typeof sightlineSchema>;
export type ReportTotals = z.infer<typeof totalsSchema>;
export type ReportAccount = z.infer<typeof accountSchema>;
export type ReportAccountService = z.infer<typeof accountServiceSchema>;
export type ReportRawReport = z.infer<typeof rawReportSchema>;
export type ReportRegion = z.infer<typeof regionSchema>;
export type ReportFreshness = z.infer<typeof freshnessSchema>;
export type ReportTrendPoint = z.infer<typeof trendPointSchema>;
export type ReportFinding = z.infer<typeof findingSchema>;

const plainCountsSchema = z.looseObject(checkCounts);
const plainCloudSchema = z.record(text, plainCountsSchema);

/**
 * The part that every version has, and all that a report of a newer version (or of another tool with the same plain
 * shape) is asked for.
 */
export const plainReportSchema = z.looseObject({
  report_date: z.iso.date(),
  total: plainCountsSchema,
  sightline: z
    .looseObject({
      version: z.int().positive(),
      sequence: count.optional(),
      generated_at: instant.optional(),
    })
    .optional(),
});

export type PlainReport = z.infer<typeof plainReportSchema>;
export type PlainCloud = z.infer<typeof plainCloudSchema>;

/** The clouds of a report of any version with their services, in the report's order. */
export function plainClouds(report: PlainReport): [cloud: string, services: PlainCloud][] {
  const clouds: [string, PlainCloud][] = [];
  for (const [key, value] of Object.entries(report)) {
    const parsed = plainCloudSchema.safeParse(value);
    if (isCloudKey(key) && parsed.success) clouds.push([key, parsed.data]);
  }
  return clouds;
}

/** The clouds of a report of this version with their services, in the report's order. */
export function reportClouds(report: Report): [cloud: string, services: ReportCloud][] {
  const clouds: [string, ReportCloud][] = [];
  for (const [key, value] of Object.entries(report)) {
    const parsed = cloudSchema.safeParse(value);
    if (isCloudKey(key) && parsed.success) clouds.push([key, parsed.data]);
  }
  return clouds;
}

/** The published JSON Schema (draft 2020-12). Open to further members: a later report may say more. */
export function reportJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(reportSchema, { target: 'draft-2020-12', io: 'input' });
  return { ...schema, $id: REPORT_SCHEMA_ID, additionalProperties: { $ref: '#/$defs/Cloud' } };
}
