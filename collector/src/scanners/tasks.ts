import { globMatches } from '../findings/settings.ts';
import { hostOf } from '../sources/common/web.ts';
import { idOf } from './accounts/found.ts';
import type { ScanTask } from './attempt.ts';
import type { Account, AccountFilter, Job, Target } from './job.ts';
import { kindOf } from './kinds/index.ts';
import { type Asset, type AssetFilter, isChosen, isSite, isTarget } from './perimeter/asset.ts';
import type { Perimeter } from './perimeter/book.ts';
import { jitterOf, Schedule } from './schedule.ts';

const NOTHING_EXPOSED: Perimeter = { assets: [], gone: [] };

export interface Places {
  /** Runs at once, by scanner or by the program of a command. */
  readonly scanners: Readonly<Record<string, { readonly concurrency?: number | undefined }>>;
}

/** The tasks of jobs on the accounts that there are; keeps the calendar of each job. */
export class TaskList {
  readonly #jobs: readonly Job[];
  readonly #places: Places;
  readonly #schedules = new Map<string, Schedule>();

  constructor(jobs: readonly Job[], places: Places) {
    this.#jobs = jobs;
    this.#places = places;
    for (const { name, schedule, timezone } of jobs) {
      if (schedule !== undefined) this.#schedules.set(name, new Schedule(schedule, timezone));
    }
  }

  /** Of jobs that are enabled and have a schedule. */
  scheduled(accounts: readonly Account[], perimeter: Perimeter = NOTHING_EXPOSED): ScanTask[] {
    return this.#jobs
      .filter(({ enabled, schedule }) => enabled && schedule !== undefined)
      .flatMap((job) => this.of(job, accounts, perimeter));
  }

  of(job: Job, accounts: readonly Account[], perimeter: Perimeter = NOTHING_EXPOSED): ScanTask[] {
    return targetsOf(job, accounts, perimeter).map((on) => {
      const target = nameOf(on);
      return {
        job: job.name,
        target,
        details: job,
        on,
        plan: {
          schedule: this.#schedules.get(job.name) ?? null,
          offset: jitterOf(`${job.name}|${target}`, job.jitterMs),
          catchUp: job.catchUp,
        },
        pools: this.#poolsOf(job),
      };
    });
  }

  #poolsOf(job: Job): ScanTask['pools'] {
    const scanner = job.scanner === 'command' ? (job.command?.[0] ?? 'command') : job.scanner;
    const places = this.#places.scanners[scanner]?.concurrency;
    return [
      { name: `job ${job.name}`, places: job.concurrency },
      ...(places === undefined ? [] : [{ name: `scanner ${scanner}`, places }]),
    ];
  }
}

function targetsOf(job: Job, accounts: readonly Account[], perimeter: Perimeter): Target[] {
  const kind = kindOf(job.scanner);
  if (job.accounts !== undefined) {
    const filter = job.accounts;
    return accounts
      .filter(({ enabled, cloud }) => enabled && (kind.clouds.length === 0 || kind.clouds.includes(cloud)))
      .filter((account) => isWanted(account, filter))
      .map((account) => ({ kind: 'account', account }));
  }
  if (job.perimeter !== undefined) return exposedTargets(job, job.perimeter, perimeter);
  if (kind.per === 'targets') return [{ kind: 'list', values: job.targets }];
  if (job.targets.length === 0) return [{ kind: 'list', values: [] }];
  return [...new Set(job.targets)].map((value) => ({ kind: 'one', value }));
}

/** What was found outside, beside what the job names. No task at all where there is neither. */
function exposedTargets(job: Job, filter: AssetFilter, { assets, gone }: Perimeter): Target[] {
  // One that is none must not keep the others from being scanned.
  const chosen = assets.filter((asset) => isTarget(asset.endpoint) && isChosen(asset, filter));
  const per = kindOf(job.scanner).per;
  if (per === 'targets') {
    const values = [...new Set([...job.targets, ...chosen.map(({ endpoint }) => hostOf(endpoint))])];
    return values.length === 0
      ? []
      : [{ kind: 'list', values, assets: chosen, gone: gone.map(({ host }) => host) }];
  }
  const found = new Map<string, Asset[]>(job.targets.map((target) => [target, []]));
  for (const asset of chosen) {
    if (per === 'target' && !isSite(asset.endpoint)) continue;
    const known = found.get(asset.endpoint);
    if (known === undefined) found.set(asset.endpoint, [asset]);
    else known.push(asset);
  }
  return [...found].map(([value, of]) => ({ kind: 'one', value, assets: of }));
}

function nameOf(target: Target): string {
  switch (target.kind) {
    case 'account':
      return idOf(target.account);
    case 'one':
      return target.value;
    case 'list':
      return '-';
  }
}

function isWanted(account: Account, filter: AccountFilter): boolean {
  const { cloud, account: ids, name, environment, team, label } = filter;
  const one = (patterns: readonly string[] | undefined, value: string | null): boolean =>
    patterns === undefined || (value !== null && patterns.some((pattern) => globMatches(pattern, value)));
  return (
    one(cloud, account.cloud) &&
    one(ids, account.account) &&
    one(name, account.name) &&
    one(environment, account.environment) &&
    one(team, account.team) &&
    Object.entries(label ?? {}).every(([key, patterns]) => one(patterns, account.labels[key] ?? null))
  );
}
