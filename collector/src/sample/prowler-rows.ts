import { CHECK_FRAMEWORKS } from './catalogue/index.ts';
import type { Estate } from './estate.ts';
import { flawsOf } from './estate.ts';
import { KINDS } from './kinds.ts';
import type { Account, CheckSpec, Flaw, Resource, Week } from './model.ts';
import { STORY } from './story.ts';
import { globMatches } from '../findings/settings.ts';

export interface ProwlerRow {
  readonly flaw: Flaw;
  readonly check: CheckSpec;
  readonly resource: Resource;
  readonly status: 'PASS' | 'FAIL' | 'MANUAL';
  readonly muted: boolean;
}

/** Prowler's own mute list at Fernhollow: account, check, resource, each a pattern. */
const MUTE_LIST: readonly (readonly [account: string, check: string, resource: string])[] = [
  ['prod-storefront', 's3_bucket_public_access', '*-static-assets'],
  ['staging', 'awslambda_function_inside_vpc', '*'],
  ['corp-dev', 'vm_jit_access_enabled', '*'],
];

function isMuted(account: Account, check: string, resource: Resource): boolean {
  return MUTE_LIST.some(
    ([who, what, which]) => who === account.name && what === check && globMatches(which, resource.name),
  );
}

function runs(check: CheckSpec, account: Account, week: Week): boolean {
  if (check.added === true && week < STORY.ruleset.week) return false;
  const { filtered } = STORY;
  if (account.name !== filtered.account || week !== filtered.week) return true;
  return filtered.severities.some((severity) => severity === check.severity);
}

/** Every row that Prowler writes of an account in a week, by check, then by resource. */
export function prowlerRows(estate: Estate, account: Account, week: Week): ProwlerRow[] {
  const rows: ProwlerRow[] = [];
  for (const kind of KINDS) {
    if (kind.cloud !== account.cloud) continue;
    const resources = estate.resources(account, kind, week);
    for (const flaw of flawsOf(kind)) {
      const { check } = flaw;
      if (check === undefined || !runs(check, account, week)) continue;
      for (const resource of resources) {
        if (flaw.only !== undefined && flaw.only !== resource.name) continue;
        const failing = estate.isOpen(resource, flaw, week) ? 'FAIL' : 'PASS';
        const status = check.manual === true ? 'MANUAL' : failing;
        rows.push({ flaw, check, resource, status, muted: isMuted(account, check.id, resource) });
      }
    }
  }
  return rows.sort((a, b) => (a.check.id < b.check.id ? -1 : a.check.id > b.check.id ? 1 : 0));
}

export function prowlerVersion(week: Week): string {
  return week < STORY.ruleset.week ? STORY.ruleset.before : STORY.ruleset.after;
}

/** The name in Prowler's rows; ids for what AWS calls by id. */
export function shownName(resource: Resource): string {
  if (resource.kind.id === 'iam.root') return '<root_account>';
  const { prowlerShowsId, ids } = resource.kind;
  if (ids === 'zero' || ids === 'region') return resource.account.id;
  return prowlerShowsId === true ? resource.id : resource.name;
}

export function serviceOf(check: CheckSpec): string {
  return check.id.slice(0, check.id.indexOf('_'));
}

export function findingUid(row: ProwlerRow): string {
  const { resource, check } = row;
  return `prowler-${resource.account.cloud}-${check.id}-${resource.account.id}-${resource.region}-${shownName(resource)}`;
}

export function messageOf(row: ProwlerRow): string {
  const { resource, flaw, status } = row;
  const shown = shownName(resource);
  const subject = shown === resource.name ? shown : `${resource.name} (${shown})`;
  if (status === 'MANUAL') return `${resource.kind.noun} ${subject}: check it by hand. ${flaw.title}.`;
  return `${resource.kind.noun} ${subject}: ${lowerFirst(status === 'FAIL' ? flaw.problem : flaw.title)}.`;
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z ]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

export function hubUrl(check: CheckSpec): string {
  return `https://hub.prowler.com/check/${check.id}`;
}

export function frameworksOf(check: CheckSpec): string {
  return CHECK_FRAMEWORKS[check.id] ?? '';
}

export function partitionOf(account: Account): string {
  return { aws: 'aws', azure: 'AzureCloud', gcp: '' }[account.cloud];
}
