import { ReportError } from '../../errors.ts';
import type { ReportInput } from '../adapter.ts';
import { JsonCursor } from '../json/cursor.ts';
import { errorSchema, type ScanError } from './schema.ts';

/** What scoutsuite_errors_* says: services that were not read to the end, and why. */
export interface Failures {
  /** Reason by service, for services of the report. */
  readonly services: ReadonlyMap<string, string>;
  /** A call that failed, where nothing tells whose it was: then nothing is known to be whole. */
  readonly unknown: string | null;
  /** Errors that name no service of the report, with how often each occurs. */
  readonly others: ReadonlyMap<string, number>;
}

/** Code of ScoutSuite that is shared by all services, also where it lies in a service's folder. */
const SHARED = new Set([
  'base',
  'basefacade',
  'facade',
  'utils',
  'conditions',
  'provider',
  'services',
  'regions',
]);
/** Files and services of the cloud whose name is not the service's of the report, or not only. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  lambda: ['awslambda'],
  logs: ['cloudwatch'],
  route53domains: ['route53'],
  s3control: ['s3'],
  gce: ['computeengine'],
  gcs: ['cloudstorage'],
  gke: ['kubernetesengine'],
  cloudresourcemanager: ['iam'],
  memorystoreredis: ['memorystore'],
  resourcemanagement: ['loggingmonitoring'],
};
/** What ScoutSuite 5.14 swallows in its pager (utils.py) when a right is missing: the traceback ends there, the message names the service. */
const PAGED = /from paginator for the ([a-z0-9]+) service/;
/** Calls of EC2 whose answers are the service vpc of the report. */
const NETWORK = /vpc|subnet|flow ?log|network ?acl|peering|route ?table/i;
/** Said after the exception was let go, so without file and traceback. */
const BUCKETS = /^Failed to list buckets\b/;
/** A call that did not succeed, rather than something that ScoutSuite made of an answer. */
const CALL =
  /An error occurred \(|when calling the \w+ operation|(?:Could not|Failed to) connect|timed? ?out|Connection (?:was )?(?:closed|aborted|reset)|HttpError|AuthorizationFailed/i;
/** A failure in shared code (base.py: "Failed to call fetch_all()") shows the service in its traceback only. */
const TRACED = /[/\\]providers[/\\][a-z]+[/\\](?:facade|resources)[/\\]([a-z0-9_]+)(?:\.py|[/\\])/g;
const MOST_OTHERS = 50;

function namesOf(error: ScanError): string[] {
  const file = (error.file ?? '').replace(/^.*[/\\]/, '').replace(/\.py$/, '');
  const traced = [...(error.traceback ?? '').matchAll(TRACED)].map((match) => match[1] ?? '');
  const paged = PAGED.exec(error.exception ?? '')?.[1] ?? '';
  const buckets = file === '' && BUCKETS.test(error.exception ?? '') ? 's3' : '';
  return [file, ...traced, paged, buckets]
    .filter((name) => name !== '' && !SHARED.has(name))
    .flatMap((name) => ALIASES[name] ?? [name])
    .flatMap((name) => (name === 'ec2' && NETWORK.test(error.exception ?? '') ? ['ec2', 'vpc'] : [name]));
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}

/** Reads the list, which may be an assignment (`scoutsuite_errors =`) like the report itself. */
function* errorsIn(input: ReportInput): Generator<ScanError> {
  const head = Buffer.alloc(256);
  const length = input.readAt(head, 0);
  const start = head.subarray(0, length).indexOf('[');
  if (start < 0) {
    throw new ReportError(
      'wrong_shape',
      `${input.name}: no list of errors`,
      'Give the file as ScoutSuite wrote it.',
    );
  }
  const cursor = new JsonCursor(input, { start });
  cursor.enterArray();
  while (cursor.nextElement()) {
    const parsed = errorSchema.safeParse(cursor.value());
    if (parsed.success) yield parsed.data;
  }
}

/** @throws ReportError when the file can't be read as a list of errors. */
export function readFailures(input: ReportInput, services: ReadonlySet<string>): Failures {
  const failed = new Map<string, string>();
  const others = new Map<string, number>();
  let unknown: string | null = null;
  for (const error of errorsIn(input)) {
    const names = namesOf(error).filter((name) => services.has(name));
    const reason = shorten(error.exception ?? 'no reason given');
    for (const name of names) if (!failed.has(name)) failed.set(name, reason);
    if (names.length > 0) continue;
    const note = `${shorten(error.file ?? 'an unnamed file')}: ${reason}`;
    if (CALL.test(error.exception ?? '')) unknown ??= note;
    if (others.has(note) || others.size < MOST_OTHERS) others.set(note, (others.get(note) ?? 0) + 1);
  }
  return { services: failed, unknown, others };
}
