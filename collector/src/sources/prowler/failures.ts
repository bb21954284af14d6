import type { ScopeReport } from '../../findings/model.ts';
import type { ReportInput } from '../adapter.ts';
import { dependentsOf } from './dependents.ts';
import { logLines } from './log-lines.ts';

/**
 * A call that fails costs Prowler the rows that it would have written, and nothing but its log says so: it ends as if all were
 * well. Here what the log says is taken out of the coverage, so that nothing closes because nobody could look.
 */

const EVERYWHERE = '*';
/** `us-east-1 -- ClientError[144]: …`, also `us-gov-west-1`. Calls that are no region's have none, or something else in its place. */
const REGION = /^\s*([a-z]{2}(?:-[a-z]+)+-\d+) -- /;
/** `s3_bucket_acl -- KeyError[31]: …`, in the module `check`: the check itself broke. */
const BROKEN_CHECK = /^\s*([a-z0-9]+(?:_[a-z0-9]+)+) -- /;
const CODE = /An error occurred \(([A-Za-z0-9.]+)\)/;
/** "There is none" is what was asked. Prowler logs some of these as errors and goes on with the answer. */
const ANSWER =
  /NoSuch|NotFound|NotExist|NotInUse|NotSubscribed|NotSignedUp|SubscriptionRequired|OptInRequired/;
/** Of a message, what fits into a note. */
const LONGEST_REASON = 160;
const MOST_OTHERS = 50;
const MOST_NOTES = 200;

/** Why services were not read to the end, by service and region; `*` is all its regions. */
type Failed = Map<string, Map<string, string>>;

interface Failures {
  readonly services: Failed;
  readonly others: ReadonlySet<string>;
}

/** The reports as they are, less what the log says was not looked at. */
export function withoutFailed(reports: readonly ScopeReport[], log: ReportInput): readonly ScopeReport[] {
  return reports.map((report) => {
    const names = new Set([...report.coverage.keys()].map(serviceOf));
    const { services, others } = readFailures(log, names);
    const coverage = new Map([...report.coverage].filter(([cell]) => reasonOf(cell, services) === null));
    const gaps = [...services].flatMap(([service, regions]) =>
      [...regions].map(([region, reason]) => {
        const where = region === EVERYWHERE ? '' : ` in ${region}`;
        return `service ${service} is not covered${where}: the scan failed in it: ${reason}`;
      }),
    );
    const errors = [...others].map((other) => `error during the scan: ${other}`);
    return {
      ...report,
      coverage,
      gaps,
      notes: [...report.notes, ...gaps, ...errors].slice(0, MOST_NOTES),
      outcome: coverage.size === 0 ? 'failed' : report.outcome,
    };
  });
}

function readFailures(log: ReportInput, names: ReadonlySet<string>): Failures {
  const services: Failed = new Map();
  const others = new Set<string>();
  const fail = (service: string, region: string, reason: string): void => {
    if (!names.has(service)) return;
    let regions = services.get(service);
    if (regions === undefined) services.set(service, (regions = new Map<string, string>()));
    if (!regions.has(region)) regions.set(region, reason);
  };
  for (const { module, message } of logLines(log)) {
    if (ANSWER.test(CODE.exec(message)?.[1] ?? '')) continue;
    const reason = shorten(message.replace(REGION, ''));
    const service = /^([a-z0-9]+)_service$/.exec(module)?.[1];
    if (service !== undefined) {
      const region = REGION.exec(message)?.[1] ?? EVERYWHERE;
      fail(service, region, reason);
      for (const other of dependentsOf(service)) fail(other, region, `${service}: ${reason}`);
      continue;
    }
    const check = module === 'check' ? BROKEN_CHECK.exec(message)?.[1] : undefined;
    const owner = check?.split('_', 1)[0];
    if (owner !== undefined) fail(owner, EVERYWHERE, reason);
    else if (others.size < MOST_OTHERS) others.add(`${module}: ${reason}`);
  }
  return { services, others };
}

function serviceOf(cell: string): string {
  return cell.split('@', 1)[0] ?? '';
}

function reasonOf(cell: string, services: Failed): string | null {
  const [service = '', region = ''] = cell.split('@');
  const regions = services.get(service);
  return regions?.get(EVERYWHERE) ?? regions?.get(region) ?? null;
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST_REASON ? `${line.slice(0, LONGEST_REASON - 1)}…` : line;
}
