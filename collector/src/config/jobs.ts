import { Cron } from 'croner';
import { z } from 'zod';
import { DEFAULTS } from './defaults.ts';
import { textOrSecret } from './secret.ts';
import { bytes, count, duration, durationOf, flag, numeric, patterns, text, withDefault } from './values.ts';

/** The sections `jobs` and `collector`: what is run, on what, when, and by how many at once. */

const SCANNERS = [
  ...(['prowler', 'scoutsuite', 'nmap', 'nikto', 'zap', 'trivy', 'command'] as const),
  ...(['securityhub', 'inspector2', 'guardduty', 'macie', 'access-analyzer', 'ecr'] as const),
  ...(['perimeter', 'credential-report', 'inbox', 'sqs'] as const),
] as const;
/** What each of them looks at; `any` may have either, or nothing. */
const TAKES: Readonly<Record<(typeof SCANNERS)[number], 'accounts' | 'targets' | 'any'>> = {
  prowler: 'accounts',
  scoutsuite: 'accounts',
  nmap: 'targets',
  nikto: 'targets',
  zap: 'targets',
  trivy: 'targets',
  perimeter: 'accounts',
  securityhub: 'accounts',
  inspector2: 'accounts',
  guardduty: 'accounts',
  macie: 'accounts',
  'access-analyzer': 'accounts',
  ecr: 'accounts',
  command: 'any',
  inbox: 'targets',
  sqs: 'targets',
  'credential-report': 'accounts',
};
/** What a target has to look like, where that is more than a name. */
const TARGETS: Readonly<Record<string, { readonly pattern: RegExp; readonly message: string }>> = {
  inbox: {
    pattern: /^s3:\/\/[A-Za-z0-9][A-Za-z0-9._-]{1,62}(?:[/?]|$)/,
    message: 'is no s3://bucket/prefix/?region=…',
  },
  sqs: {
    pattern: /^https?:\/\/[^/?#@]+\/\d{12}\/[A-Za-z0-9_-]{1,80}(?:\.fifo)?$/,
    message: 'is no https://sqs.eu-west-1.amazonaws.com/123456789012/queue',
  },
};
/** Scanners that look at what perimeter discovery found. */
const EXPOSED_TO: readonly string[] = ['nmap', 'nikto', 'zap', 'command'];
/** Services that are asked, where the others are programs that are run. */
const SERVICES = new Set<string>([
  'securityhub',
  'inspector2',
  'guardduty',
  'macie',
  'access-analyzer',
  'ecr',
]);
/** What a timer can wait; a longer one would go off at once. */
const LONGEST_TIMER_MS = 24 * 86_400_000;
const PLACEHOLDERS =
  /\{(?!account\}|accountName\}|cloud\}|region\}|target\}|targets\}|targetsFile\}|output\})[A-Za-z]+\}/;

const argument = z.string().refine((value) => !PLACEHOLDERS.test(value), {
  message:
    'has an unknown placeholder; known are {account}, {accountName}, {cloud}, {region}, {target}, {targets}, {targetsFile} and {output}',
});

const schedule = text.refine(
  (value) => {
    try {
      return new Cron(value, { paused: true, timezone: 'UTC', mode: '5-part' }).nextRun() !== null;
    } catch {
      return false;
    }
  },
  { message: 'must be five fields of cron that ever come: "30 3 * * 1-5"' },
);

const timezone = text.refine(
  (value) => {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: value }).format() !== '';
    } catch {
      return false;
    }
  },
  { message: 'must be a time zone, such as Europe/Berlin' },
);

const accounts = z.strictObject({
  cloud: patterns.optional().meta({ description: '`aws`, `azure`, `gcp`.' }),
  account: patterns.optional().meta({ description: 'Ids.' }),
  name: patterns.optional().meta({ description: 'Names.' }),
  environment: patterns.optional().meta({ description: 'Environments.' }),
  team: patterns.optional().meta({ description: 'Teams.' }),
  label: z.record(text, patterns).optional().meta({ description: 'Labels, by name.' }),
});

const assets = z.strictObject({
  cloud: patterns.optional().meta({ description: '`aws`, `azure`, `gcp`.' }),
  account: patterns.optional().meta({ description: 'Ids or names of accounts.' }),
  region: patterns.optional().meta({ description: '`global` for what has none.' }),
  service: patterns.optional().meta({ description: '`ec2`, `elb`, `cloudfront`, …' }),
  name: patterns.optional().meta({ description: 'Names or ids.' }),
  environment: patterns.optional().meta({ description: 'Environments.' }),
  team: patterns.optional().meta({ description: 'Teams.' }),
  label: z.record(text, patterns).optional().meta({ description: 'Tags and labels, by name.' }),
});

const selection = z.strictObject({
  names: patterns.optional().meta({ description: 'Names, addresses.' }),
  tags: z.record(text, patterns).optional().meta({ description: 'Tags, by name.' }),
});

const discover = z.strictObject({
  services: z.array(text).min(1, 'must not be empty').optional().meta({
    description: 'Only these services; by default all that [perimeter.md](perimeter.md) lists.',
  }),
  include: selection.optional().meta({ description: 'Only assets for which all of this holds.' }),
  exclude: selection.optional().meta({ description: 'Not assets for which any of this holds.' }),
  scannedWithin: durationOf(
    7 * 86_400_000,
    '7d',
    'An asset that no scan looked at for so long counts as not scanned.',
  ),
});

const exitCodes = z.array(numeric(z.int().min(0).max(255))).min(1, 'must not be empty');

const job = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,59}$/, 'must be lower-case letters, digits and dashes')
      .meta({ description: 'A name that no other job has: lower-case letters, digits, dashes.' }),
    scanner: z.enum(SCANNERS).meta({ description: 'What is run.' }),
    enabled: withDefault(flag, true, 'Whether its schedule counts.'),
    schedule: schedule.optional().meta({
      description:
        'Minute, hour, day, month, day of the week, as cron has them; without it, `sightline run` only.',
    }),
    timezone: withDefault(timezone, DEFAULTS.jobs.timezone, 'Time zone of the schedule.'),
    jitter: durationOf(
      0,
      '0s',
      'The tasks of the job start spread over so long, each always at the same moment of it.',
    ),
    catchUp: withDefault(
      flag,
      true,
      'Whether the newest run that nobody was there for is made up for. Older ones are recorded as missed.',
    ),
    accounts: accounts.optional().meta({
      description:
        'Accounts to scan, of `accounts` and `discovery`: all that is given must match. `{}` is all.',
    }),
    targets: z
      .array(text.refine((value) => !/^-|\p{Cc}/u.test(value), { message: 'must not begin with a dash' }))
      .default([])
      .meta({
        description:
          'What else is scanned or read: addresses, networks, web addresses, images, `s3://` addresses, queues.',
      }),
    perimeter: assets.optional().meta({
      description:
        'What else is scanned: what perimeter discovery found, all that is given must match; `{}` is everything. Nmap takes addresses and names, Nikto and ZAP those with a web address.',
    }),
    discover: discover.prefault({}).meta({ description: 'Of `perimeter`: what it looks for.' }),
    mode: text.optional().meta({
      description:
        'ZAP: `baseline`, `full`. Trivy: `image`, `fs`, `repository`, `config`. The first by default.',
    }),
    regions: z.array(text).default([]).meta({ description: 'Only these regions.' }),
    fullEvery: duration.optional().meta({
      description:
        'Of `securityhub`: how often everything is listed, so that what vanished closes; `7d` by default. In between, what was updated.',
    }),
    images: count.optional().meta({
      description: 'Of `ecr`: how many tagged images of each repository, the newest first; 1 by default.',
    }),
    args: z.array(argument).default([]).meta({
      description: 'Further arguments of the scanner; `{account}`, `{target}`, … stand for what is scanned.',
    }),
    command: z.array(argument).min(1, 'must not be empty').optional().meta({
      description: 'Program and arguments of the scanner `command`, one by one: no shell reads them.',
    }),
    reports: z
      .array(text)
      .default(['**/*'])
      .meta({
        description: 'Patterns of the reports that a `command` leaves below `{output}`; `[]` for none.',
        default: ['**/*'],
      }),
    source: text.optional().meta({ description: 'Take the reports for reports of this source.' }),
    successExitCodes: exitCodes.optional().meta({
      description: 'What it ends with when all is well; by default what the scanner is known for.',
    }),
    complete: withDefault(
      flag,
      false,
      'Vouches that a run which ended well has looked at everything in its scope.',
    ),
    env: z.record(text, textOrSecret).default({}).meta({ description: 'Variables for the scanner only.' }),
    credentials: text.optional().meta({ description: 'Entry of `credentials`.' }),
    timeout: durationOf(4 * 3_600_000, '4h', 'A run that takes longer is ended, and failed.'),
    attempts: withDefault(numeric(z.int().min(1).max(10)), DEFAULTS.jobs.attempts, 'Of a run that fails.'),
    backoff: durationOf(
      60_000,
      '1m',
      'Before the second attempt; four times as long before each further one.',
    ),
    nice: withDefault(
      numeric(z.int().min(0).max(19)),
      DEFAULTS.jobs.nice,
      'How much it lets others go first.',
    ),
    concurrency: withDefault(count, DEFAULTS.jobs.concurrency, 'Runs of this job at once, by one collector.'),
    limit: z
      .strictObject({
        items: withDefault(count, DEFAULTS.jobs.limit.items, 'Objects or messages.'),
        bytes: withDefault(bytes, DEFAULTS.jobs.limit.bytes, 'Of objects and messages.'),
      })
      .prefault({})
      .meta({
        description:
          'How much of what lies in an `inbox` or waits in an `sqs` queue one run takes; the next ones take the rest.',
      }),
    after: z.enum(['keep', 'delete']).optional().meta({
      description:
        'What an `inbox` does with an object once its report is in; `keep` by default. What can not be read always stays.',
    }),
    overlap: durationOf(
      DEFAULTS.jobs.overlap,
      '8d',
      'So long after the time that stands on it an object of an `inbox` may still appear: uploads in parts carry the time of their beginning.',
    ),
  })
  .superRefine((value, context) => {
    const issue = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    const { scanner, targets } = value;
    if (scanner === 'command' && value.command === undefined)
      issue('command', 'is required for this scanner');
    if (scanner !== 'command' && value.command !== undefined)
      issue('command', 'is for the scanner `command` only');
    for (const target of targets) {
      const wanted = TARGETS[scanner];
      if (wanted !== undefined && !wanted.pattern.test(target))
        issue('targets', `${JSON.stringify(target.slice(0, 200))} ${wanted.message}`);
    }
    if (value.timeout > LONGEST_TIMER_MS) issue('timeout', 'must be at most 24d');
    if (value.after !== undefined && scanner !== 'inbox') issue('after', 'is for the scanner `inbox` only');
    if (scanner !== 'securityhub' && value.fullEvery !== undefined)
      issue('fullEvery', 'is for the scanner `securityhub` only');
    if (scanner !== 'ecr' && value.images !== undefined) issue('images', 'is for the scanner `ecr` only');
    // They say themselves what they have listed whole: region by region, account by account.
    if (SERVICES.has(scanner) && value.complete)
      issue('complete', 'is not for this scanner, which knows what it has listed');
    if (SERVICES.has(scanner) && value.source !== undefined)
      issue('source', 'is not for this scanner, which has one of its own');
    const takes = TAKES[scanner];
    if (takes === 'accounts' && value.accounts === undefined)
      issue('accounts', 'is required for this scanner');
    if (takes === 'accounts' && targets.length > 0)
      issue('targets', 'is not for this scanner, which takes `accounts`');
    if (takes === 'targets' && targets.length === 0 && value.perimeter === undefined)
      issue('targets', 'is required for this scanner');
    if (value.perimeter !== undefined && !EXPOSED_TO.includes(scanner))
      issue('perimeter', `is for ${EXPOSED_TO.join(', ')} only`);
    if (value.perimeter !== undefined && value.accounts !== undefined)
      issue('perimeter', 'can not stand beside `accounts`');
    if (takes === 'targets' && value.accounts !== undefined)
      issue('accounts', 'is not for this scanner, which takes `targets`');
    if (scanner === 'command' && value.accounts !== undefined && targets.length > 0)
      issue('targets', 'can not stand beside `accounts`');
    const modes: Readonly<Record<string, readonly string[]>> = {
      zap: ['baseline', 'full'],
      trivy: ['image', 'fs', 'repository', 'config'],
    };
    if (value.mode !== undefined && modes[scanner]?.includes(value.mode) !== true)
      issue(
        'mode',
        `is none of this scanner${modes[scanner] === undefined ? '' : `: ${modes[scanner].join(', ')}`}`,
      );
  });

export const jobs = z
  .array(job)
  .default([])
  .superRefine((list, context) => {
    for (const [index, { name }] of list.entries()) {
      if (list.findIndex((other) => other.name === name) < index)
        context.addIssue({ code: 'custom', path: [index, 'name'], message: 'is there twice' });
    }
  })
  .meta({ description: 'Scans that run by themselves; [scanning.md](scanning.md) shows how.' });

export const collector = z
  .strictObject({
    concurrency: withDefault(count, DEFAULTS.collector.concurrency, 'Runs at once by one collector.'),
    scanners: z
      .record(
        text,
        z.strictObject({
          concurrency: count
            .optional()
            .meta({ description: 'Runs of this scanner at once, by one collector.' }),
          program: text.optional().meta({ description: 'Where it is, if not on the `PATH`.' }),
        }),
      )
      .default({})
      .meta({ description: 'By scanner, or by the program of a `command`.' }),
    workDir: text.optional().meta({
      description: 'Where each run gets a folder, which is removed after it; by default that of the system.',
    }),
    grace: durationOf(10_000, '10s', 'Between asking a scanner to end (SIGTERM) and ending it (SIGKILL).'),
  })
  .superRefine(({ grace }, context) => {
    if (grace > LONGEST_TIMER_MS)
      context.addIssue({ code: 'custom', path: ['grace'], message: 'must be at most 24d' });
  })
  .prefault({})
  .meta({ description: 'The process that runs jobs.' });
