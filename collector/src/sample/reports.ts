import { UsageError } from '../errors.ts';
import type { EpochMs } from '../findings/model.ts';
import { ACCOUNTS, accountNamed } from './accounts.ts';
import { type Estate, estateOf } from './estate.ts';
import type { Account, SampleOptions, SampleReport, Week } from './model.ts';
import { prowlerCsv } from './prowler-csv.ts';
import { prowlerOcsf } from './prowler-ocsf.ts';
import { prowlerRows } from './prowler-rows.ts';
import { type Chance, chanceOf } from './random.ts';
import { scansOf } from './scans/index.ts';
import { isFailedScan, scoutsuiteErrors, scoutsuiteReport } from './scoutsuite.ts';
import { STORY, WEEKS } from './story.ts';

export const DEFAULT_SEED = 20260906;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** The scans of a week start so long before `end`, one after the other. */
const LEAD = 5 * 60 * MINUTE;
const encoder = new TextEncoder();

/** ISO week of a moment in UTC: `2026-W36`. */
export function isoWeek(at: EpochMs): string {
  const date = new Date(at);
  const weekday = (date.getUTCDay() + 6) % 7;
  const thursday = new Date(Math.floor(at / DAY) * DAY + (3 - weekday) * DAY);
  const year = thursday.getUTCFullYear();
  const week = 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * DAY));
  return `${year}-W${String(week).padStart(2, '0')}`;
}

/** When the scan of an account looked, in whole seconds: that is all that ScoutSuite's reports hold. */
function scanTime(options: SampleOptions, weeks: number, week: Week, minute: number): EpochMs {
  const base = Math.floor(options.end / 1000) * 1000 - LEAD - (weeks - week) * 7 * DAY;
  return base + minute * MINUTE;
}

/** `20260906031500`, as in Prowler's file names. */
function stamp(at: EpochMs): string {
  return new Date(at).toISOString().slice(0, 19).replace(/[-T:]/g, '');
}

interface Plan {
  readonly account: Account;
  readonly week: Week;
  readonly folder: string;
  readonly at: EpochMs;
  readonly estate: () => Estate;
}

function report(
  plan: Plan,
  source: SampleReport['source'],
  file: string,
  text: (estate: Estate) => string,
): SampleReport {
  return {
    path: `${plan.folder}/${file}`,
    observedAt: plan.at,
    week: plan.week,
    source,
    cloud: plan.account.cloud,
    account: plan.account.id,
    content: () => encoder.encode(text(plan.estate())),
  };
}

function prowlerOf(plan: Plan): SampleReport {
  const { account, week, at } = plan;
  const [write, ending] = account.prowler === 'csv' ? [prowlerCsv, 'csv'] : [prowlerOcsf, 'ocsf.json'];
  return report(plan, 'prowler', `prowler-output-${account.id}-${stamp(at)}.${ending}`, (estate) =>
    write(prowlerRows(estate, account, week), account, week, at),
  );
}

function scoutsuiteOf(plan: Plan): SampleReport[] {
  const { account, week, at } = plan;
  const name = `${account.cloud}-${account.id}`;
  const results = report(plan, 'scoutsuite', `scoutsuite_results_${name}.js`, (estate) =>
    scoutsuiteReport(estate, account, week, at),
  );
  if (!isFailedScan(account, week)) return [results];
  return [results, report(plan, 'scoutsuite', `scoutsuite_errors_${name}.json`, scoutsuiteErrors)];
}

function runsScoutsuite(account: Account, week: Week): boolean {
  const silent = account.name === STORY.silence.account && week > STORY.silence.last;
  return account.scoutsuite && !silent;
}

function plansOf(options: SampleOptions): readonly { plan: Plan; scanner: 'prowler' | 'scoutsuite' }[] {
  const weeks = options.weeks ?? WEEKS;
  if (!Number.isInteger(weeks) || weeks < 1 || weeks > WEEKS) {
    throw new UsageError(
      `The sample estate has no ${weeks} weeks.`,
      `Ask for a whole number from 1 to ${WEEKS}.`,
    );
  }
  let built: Estate | undefined;
  const estate = (): Estate => (built ??= estateOf(options.seed ?? DEFAULT_SEED));
  const plans: { plan: Plan; scanner: 'prowler' | 'scoutsuite' }[] = [];
  for (let week = 1; week <= weeks; week++) {
    for (const [index, account] of ACCOUNTS.entries()) {
      if (week < account.from) continue;
      for (const [offset, scanner] of (['scoutsuite', 'prowler'] as const).entries()) {
        if (scanner === 'scoutsuite' && !runsScoutsuite(account, week)) continue;
        const at = scanTime(options, weeks, week, index * 25 + offset * 12);
        const folder = `${isoWeek(at)}/${account.cloud}-${account.name}`;
        plans.push({ plan: { account, week, folder, at, estate }, scanner });
      }
    }
  }
  return plans;
}

/**
 * The reports of the sample estate, in order of `observedAt`; ScoutSuite's errors file follows its report.
 * Pure: same seed and end, same bytes.
 * @throws UsageError when `weeks` is not 1 to 12.
 */
export function sampleReports(options: SampleOptions): SampleReport[] {
  const clouds = plansOf(options).flatMap(({ plan, scanner }) =>
    scanner === 'prowler' ? [prowlerOf(plan)] : scoutsuiteOf(plan),
  );
  const all = [...clouds, ...otherScans(options)];
  return all.sort((a, b) => a.observedAt - b.observedAt);
}

/** What is no cloud account is scanned when the accounts are done. */
function otherScans(options: SampleOptions): SampleReport[] {
  const weeks = options.weeks ?? WEEKS;
  let made: Chance | undefined;
  const chance = (): Chance => (made ??= chanceOf(options.seed ?? DEFAULT_SEED));
  return Array.from({ length: weeks }, (_, index) => index + 1).flatMap((week) =>
    scansOf({ week, at: scanTime(options, weeks, week, ACCOUNTS.length * 25 + 20), folder: isoWeek }, chance),
  );
}

/** A report that breaks off in the middle of a string: to be refused as a whole. Not among `sampleReports`. */
export function truncatedReport(options: SampleOptions): SampleReport {
  const { account, week } = STORY.truncated;
  const { id } = accountNamed(account);
  const whole = sampleReports({ ...options, weeks: WEEKS }).find(
    (candidate) => candidate.week === week && candidate.account === id && candidate.source === 'prowler',
  );
  if (whole === undefined) throw new RangeError('the story names a report that is not made');
  return {
    ...whole,
    path: whole.path.replace('prowler-output-', 'prowler-output-truncated-'),
    content: () => {
      const bytes = whole.content();
      return bytes.subarray(0, Math.floor(bytes.length * 0.6));
    },
  };
}
