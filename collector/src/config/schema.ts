import { z } from 'zod';
import { groupsOf } from '../findings/naming.ts';
import type { SlaDays } from '../findings/settings.ts';
import { access } from './access.ts';
import { mappingSchema } from '../sources/generic/mapping.ts';
import { endOf } from './dates.ts';
import { DEFAULTS } from './defaults.ts';
import {
  bytes,
  commonDays,
  count,
  flag,
  numeric,
  patterns,
  severity,
  teamDays,
  text,
  withDefault,
} from './values.ts';
import { chat } from './chat.ts';
import { credentials } from './credentials.ts';
import { discovery } from './discovery.ts';
import { collector, jobs } from './jobs.ts';
import { streams } from './streams.ts';
import { warehouse } from './warehouse.ts';

/** The file `sightline.yaml`. Its descriptions are what docs/configuration.md and the JSON Schema are made from. */

const matchFields = {
  source: patterns.optional().meta({ description: 'The scanner: `prowler`, `scoutsuite`.' }),
  cloud: patterns.optional().meta({ description: '`aws`, `azure`, `gcp`, `kubernetes`, …' }),
  account: patterns.optional().meta({ description: 'The id of the account, subscription or project.' }),
  region: patterns.optional().meta({ description: '`global` where a resource has no region.' }),
  service: patterns.optional().meta({ description: 'As the scanner names it: `s3`, `iam`.' }),
  rule: patterns.optional().meta({ description: 'The id of the rule.' }),
  resource: patterns.optional().meta({ description: 'The id or the name of the resource.' }),
  label: z
    .record(text, patterns)
    .optional()
    .meta({ description: 'Labels of the finding and tags of the resource, by name.' }),
};

const MATCH =
  'Which findings it is about: all fields that are given must match, within a field any of its patterns. `*` stands for any text, `?` for one character, case is ignored.';

const match = z.strictObject(matchFields).meta({ id: 'Match', description: MATCH });
/** A mute without a condition would hide everything, which nobody means. */
const narrowMatch = z
  .strictObject(matchFields)
  .refine((value) => Object.values(value).some((field) => field !== undefined), {
    message: 'must have at least one field: without one it would mute everything',
  })
  .meta({ id: 'NarrowMatch', description: `${MATCH} At least one field.` });

const labels = z.record(text, z.string());
const owner = {
  team: text.optional().meta({ description: 'Who looks after it.' }),
  environment: text.optional().meta({ description: '`production`, `staging`, …' }),
  labels: labels.optional().meta({ description: 'Labels to set, by name.' }),
};

const accounts = z
  .array(
    z.strictObject({
      cloud: text
        .transform((cloud) => cloud.toLowerCase())
        .optional()
        .meta({
          description: '`aws`, `azure`, `gcp`, …; needed only where two clouds share an id.',
        }),
      account: text.meta({ description: 'The id of the account, in quotes.' }),
      name: text.optional().meta({ description: 'What people call it.' }),
      sources: z.array(text).min(1, 'must not be empty').optional().meta({
        description:
          'The scanners that are expected to report on it: one that never did is missed. By default those that did.',
      }),
      enabled: flag.optional().meta({ description: 'Whether jobs scan it; by default they do.' }),
      credentials: text.optional().meta({
        description: 'The entry of `credentials` with which it is scanned; by default the one of the job.',
      }),
      ...owner,
    }),
  )
  .superRefine((list, context) => {
    unique(
      list.map(({ cloud, account }) => `${cloud ?? ''}/${account}`),
      'account',
      'is there twice',
      context,
    );
  });

const mutes = z
  .array(
    z.strictObject({
      id: text.meta({ description: 'A name for the rule, which no other has.' }),
      owner: text.meta({ description: 'Who answers for it: a team or an address.' }),
      reason: text.meta({ description: 'Why these findings are not to be counted.' }),
      expires: z
        .string()
        .transform((value, context) => {
          const at = endOf(value);
          if (at !== undefined) return at;
          context.addIssue({
            code: 'custom',
            message: 'must be a date (2027-03-31) or a timestamp with its time zone (2027-03-31T12:00:00Z)',
          });
          return z.NEVER;
        })
        .meta({
          description: 'The last day of the mute (UTC), or the moment it ends. There is no mute for ever.',
        }),
      match: narrowMatch,
    }),
  )
  .superRefine((list, context) => {
    unique(
      list.map(({ id }) => id),
      'id',
      'is the id of another mute too',
      context,
    );
  });

const settingsFields = {
  sla: z
    .strictObject({
      days: commonDays.prefault({}).meta({
        description: 'Days to fix by severity, in any case. `null` takes a default away.',
        default: lowerDays(DEFAULTS.sla),
      }),
      teams: z.record(text, teamDays).prefault({}).meta({
        description: 'Other days, by team; severities that are not named keep the common days.',
      }),
    })
    .prefault({})
    .meta({ description: 'How long a finding may stay open.' }),
  accounts: accounts.default([]).meta({ description: 'What the accounts are called and whose they are.' }),
  ownership: z
    .array(
      z.strictObject({
        match: match.prefault({}),
        naming: text
          .refine(hasGroups, {
            message:
              'must be a regular expression of RE2 with named groups: ^(?<team>[a-z]+)-(?<environment>prod|test)-(?<product>.+)$',
          })
          .optional()
          .meta({
            description:
              'How resources are named: a regular expression (RE2) for their name, else their id. Its groups `team` and `environment` say just that, other groups are labels. What it does not match is no matter of the rule.',
          }),
        ...owner,
      }),
    )
    .default([])
    .meta({
      description:
        'Whose findings are, by what they are about. Later rules win over earlier ones, rules over accounts.',
    }),
  mutes: mutes
    .default([])
    .meta({ description: 'Findings that are known and not to be counted, for a time, with a reason.' }),
  severity: z
    .array(z.strictObject({ match, severity: severity.meta({ description: 'What it is to be.' }) }))
    .default([])
    .meta({
      description: 'Severities that differ from what the scanner says. The last rule that matches decides.',
    }),
  minimumRules: withDefault(
    numeric(z.number().min(0).max(1)),
    DEFAULTS.minimumRules,
    'A scan that evaluated a smaller share of the rules of the last complete one is taken as partial and closes nothing.',
  ),
  quietDays: withDefault(
    numeric(z.number().positive().max(3650)),
    DEFAULTS.quietDays,
    'Days after which an event (Falco, GuardDuty) that was not seen again is over. Such findings never close by absence from a report.',
  ),
};

const { report, serve, limits } = DEFAULTS;

const runtimeFields = {
  store: z
    .union([
      text,
      z.strictObject({
        url: text.meta({ description: 'A folder (`./data`) or `s3://bucket/prefix`.' }),
        endpoint: text
          .optional()
          .meta({ description: 'Address of an S3-compatible service that is not AWS.' }),
        region: text.optional().meta({ description: 'Region of the bucket.' }),
        pathStyle: flag.optional().meta({
          description: 'The bucket in the path of addresses; by default for an `endpoint` outside AWS.',
        }),
        sse: z
          .enum(['AES256', 'aws:kms'])
          .optional()
          .meta({ description: 'Encryption to ask of the bucket; by default as the bucket is set up.' }),
        kmsKey: text.optional().meta({ description: 'Id or ARN of the key, with `sse: aws:kms`.' }),
      }),
    ])
    .optional()
    .meta({
      description:
        'Where everything is kept: an address, or a mapping with an `url`. `--store` and `SIGHTLINE_STORE` win over it.',
    }),
  report: z
    .strictObject({
      findings: withDefault(
        numeric(z.int().min(0).max(10_000)),
        report.findings,
        'Findings in the report and the table of its page, worst first.',
      ),
      historyDays: withDefault(
        numeric(z.int().min(1).max(3_660)),
        report.historyDays,
        'Days of trend in the report.',
      ),
      cadenceHours: z.record(text, numeric(z.number().positive())).optional().meta({
        description:
          'How often each source is expected to scan, by its name, in hours; by default learned from its last runs.',
      }),
    })
    .prefault({})
    .meta({ description: 'The daily report and its page.' }),
  serve: z
    .strictObject({
      host: withDefault(text, serve.host, 'Address to listen on; `0.0.0.0` for all of them.'),
      port: withDefault(
        numeric(z.int().min(0).max(65_535)),
        serve.port,
        'Port to listen on; 0 for any free one.',
      ),
    })
    .prefault({})
    .meta({ description: '`sightline serve`.' }),
  access,
  warehouse,
  jobs,
  credentials,
  discovery,
  collector,
  chat,
  streams,
  tables: z
    .strictObject({
      everyHours: withDefault(
        numeric(z.number().min(0).max(8_760)),
        DEFAULTS.tables.everyHours,
        'Hours between two updates of the Delta Lake tables by `sightline serve`; 0 for never (`sightline compact` does it by hand).',
      ),
    })
    .prefault({})
    .meta({
      description: 'The tables for other engines: `tables/findings`, `tables/events`, `tables/checks`.',
    }),
  identity: z
    .strictObject({
      allowedDomains: z
        .array(text)
        .default([])
        .meta({ description: 'Mail domains of one’s own, with their subdomains; none: nobody is external.' }),
      inactiveDays: withDefault(
        numeric(z.number().positive()),
        DEFAULTS.identity.inactiveDays,
        'Days without a sign-in or use of a key after which a user counts as inactive.',
      ),
      keyDays: withDefault(
        numeric(z.number().positive()),
        DEFAULTS.identity.keyDays,
        'Days after which an access key is old.',
      ),
    })
    .prefault({})
    .meta({
      description: 'What is expected of users: credential reports of AWS, lists of other directories.',
    }),
  generic: z
    .array(mappingSchema)
    .default([])
    .meta({ description: 'How to read files that no source knows: [generic.md](generic.md).' }),
  limits: z
    .strictObject({
      maxReportBytes: withDefault(bytes, limits.maxReportBytes, 'Largest report that is read, decompressed.'),
      maxArchiveRatio: withDefault(
        numeric(z.number().min(1)),
        limits.maxArchiveRatio,
        'How many times larger than compressed a report may be.',
      ),
      maxArchiveEntries: withDefault(count, limits.maxArchiveEntries, 'Files that one archive may hold.'),
      cacheRows: withDefault(count, limits.cacheRows, 'Findings kept in memory between commits.'),
    })
    .prefault({})
    .meta({ description: 'What a report may cost, against mistakes and attacks.' }),
};

export const settingsSchema = z.strictObject(settingsFields);
export const fileSchema = z.strictObject({ ...runtimeFields, ...settingsFields }).superRefine(namesHold);

export type SettingsFile = z.infer<typeof settingsSchema>;
export type ConfigFile = z.infer<typeof fileSchema>;

/** What is named somewhere has to be there. */
function namesHold(
  file: {
    readonly jobs: z.infer<typeof jobs>;
    readonly credentials: z.infer<typeof credentials>;
    readonly discovery: z.infer<typeof discovery>;
    readonly accounts: z.infer<typeof accounts>;
  },
  context: z.core.$RefinementCtx,
): void {
  const check = (name: string | undefined, path: PropertyKey[]): void => {
    if (name === undefined || Object.hasOwn(file.credentials, name)) return;
    context.addIssue({ code: 'custom', path, message: 'is no entry of `credentials`' });
  };
  for (const [index, job] of file.jobs.entries()) check(job.credentials, ['jobs', index, 'credentials']);
  for (const [index, account] of file.accounts.entries())
    check(account.credentials, ['accounts', index, 'credentials']);
  for (const [index, { aws, azure, gcp }] of file.discovery.entries()) {
    for (const [cloud, source] of Object.entries({ aws, azure, gcp })) {
      const name = source?.credentials;
      const path = ['discovery', index, cloud, 'credentials'];
      check(name, path);
      if (name === undefined || !Object.hasOwn(file.credentials, name)) continue;
      const of = Object.entries(file.credentials[name] ?? {}).filter(([, part]) => part !== undefined);
      if (of.every(([other]) => other !== cloud))
        context.addIssue({ code: 'custom', path, message: `is of ${of[0]?.[0] ?? 'no cloud'}` });
    }
  }
}

function hasGroups(expression: string): boolean {
  try {
    return groupsOf(expression).length > 0;
  } catch {
    return false;
  }
}

function lowerDays(days: SlaDays): Record<string, number> {
  return Object.fromEntries(Object.entries(days).map(([word, value]) => [word.toLowerCase(), value]));
}

function unique(
  names: readonly string[],
  field: string,
  problem: string,
  context: { addIssue(issue: { code: 'custom'; path: PropertyKey[]; message: string }): void },
): void {
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    if (seen.has(name)) context.addIssue({ code: 'custom', path: [index, field], message: problem });
    seen.add(name);
  }
}
