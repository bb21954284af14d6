import { cellOf } from '../../findings/cells.ts';
import type { CheckStats, EpochMs, Observation, RunOutcome, ScopeReport } from '../../findings/model.ts';
import type { Failures } from './companion.ts';
import { isKnownLevel, observationsOf } from './observations.ts';
import { regionName } from './place.ts';
import type { Document, Service } from './reader.ts';

const MOST_NOTES = 200;

/** `2026-11-21 03:52:06+0000`; null where it is something else. */
export function timeOf(text: string | null | undefined): EpochMs | null {
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)?\s*(?:([+-]\d\d):?(\d\d)|Z)?$/.exec(
    text?.trim() ?? '',
  );
  if (match === null) return null;
  const zone = match[3] === undefined ? 'Z' : `${match[3]}:${match[4] ?? '00'}`;
  const time = Date.parse(`${match[1] ?? ''}T${match[2] ?? ''}${zone}`);
  return Number.isNaN(time) ? null : time;
}

/** Why a service's findings are no complete picture; null where they are. */
function defectOf(service: Service, failures: Failures | null): string | null {
  if (service.defect !== null) return service.defect;
  const rule = (service.rules ?? []).find(({ defect }) => defect !== null);
  if (rule !== undefined) return `its rule ${rule.id} ${rule.defect ?? ''}`;
  const failed = failures?.services.get(service.name);
  return failed === undefined ? null : `the scan failed in it: ${failed}`;
}

type AccountKind = 'subscriptions' | 'projects';

/** Every subscription and project that any service lists. */
function accountsIn(services: readonly Service[]): Record<AccountKind, Set<string>> {
  const accounts = { subscriptions: new Set<string>(), projects: new Set<string>() };
  for (const { places } of services) {
    for (const place of places.get('subscriptions') ?? []) accounts.subscriptions.add(place);
    for (const place of places.get('projects') ?? []) accounts.projects.add(place);
  }
  return accounts;
}

/**
 * Accounts that a service was looked at in: all subscriptions or projects of the report, also those that the service
 * does not list (ScoutSuite leaves out projects in which the API is off: there is nothing then), else the report's own.
 */
function hostsOf(service: Service, listed: Record<AccountKind, ReadonlySet<string>>, own: string): string[] {
  const kind: AccountKind = service.places.has('subscriptions') ? 'subscriptions' : 'projects';
  if (!service.places.has(kind) || listed[kind].size === 0) return [own];
  const tenantWide = (service.rules ?? []).some(({ texts }) => {
    const [, container] = texts.path?.split('.') ?? [];
    return container !== undefined && container !== kind;
  });
  return tenantWide ? [...listed[kind], own] : [...listed[kind]];
}

interface Gathered {
  readonly service: Service;
  readonly defect: string | null;
  readonly hosts: readonly string[];
  readonly observations: ReadonlyMap<string, readonly Observation[]>;
}

/** Regions that the run looked at; null where it looked at all of them. */
function regionsOf(document: Document, gathered: readonly Gathered[]): readonly string[] | null {
  const { regions, excluded_regions: excluded } = document.lastRun.run_parameters ?? {};
  if (regions !== null && regions !== undefined && regions.length > 0) return [...regions, 'global'];
  if (excluded === null || excluded === undefined || excluded.length === 0) return null;
  const seen = new Set(['global']);
  for (const { service, observations } of gathered) {
    for (const region of service.places.get('regions') ?? []) seen.add(region);
    for (const list of observations.values()) for (const { region } of list) seen.add(region);
  }
  return [...seen];
}

function coverageOf(
  gathered: readonly Gathered[],
  account: string,
  regions: readonly string[] | null,
): Map<string, string[]> {
  const coverage = new Map<string, string[]>();
  for (const { service, defect, hosts } of gathered) {
    if (defect !== null || !hosts.includes(account)) continue;
    const rules = (service.rules ?? []).map(({ id }) => id).sort();
    if (regions === null) coverage.set(cellOf(service.name, '*'), rules);
    else {
      for (const region of regions) {
        const name = regionName(region);
        if (name !== null) coverage.set(cellOf(service.name, name), rules);
      }
    }
  }
  return coverage;
}

function flaggedItems(service: Service): number {
  return (service.rules ?? []).reduce((sum, { items }) => sum + items.length, 0);
}

/** What the scanner counted: its summary, else the sum of the rules' own counts; null where any of those is missing. */
function countsOf(document: Document, service: Service): CheckStats {
  const summary = document.lastRun.summary?.[service.name];
  let checked: number | null = summary?.checked_items ?? null;
  if (checked === null && service.rules !== null) {
    const counts = service.rules.map(({ texts }) => texts.checked_items ?? Number.NaN);
    const sum = counts.reduce((total, count) => total + count, 0);
    checked = Number.isNaN(sum) ? null : sum;
  }
  const flagged = summary?.flagged_items ?? (service.rules === null ? null : flaggedItems(service));
  return { checked, flagged, resources: summary?.resources_count ?? null };
}

function statsOf(
  document: Document,
  gathered: readonly Gathered[],
  account: string,
): Map<string, CheckStats> {
  const stats = new Map<string, CheckStats>();
  for (const { service, hosts, observations } of gathered) {
    if (service.rules === null) continue;
    const accounts = new Set([...hosts, ...observations.keys()]);
    if (!accounts.has(account)) continue;
    // What was checked is counted per report; with several accounts in it, nobody knows whose it was.
    const flagged = observations.get(account)?.reduce((sum, { occurrences }) => sum + occurrences, 0) ?? 0;
    stats.set(
      service.name,
      accounts.size === 1 ? countsOf(document, service) : { checked: null, flagged, resources: null },
    );
  }
  return stats;
}

function gapsOf(gathered: readonly Gathered[]): string[] {
  return gathered.flatMap(({ service, defect }) =>
    defect === null ? [] : [`service ${service.name} is not covered: ${defect}`],
  );
}

function notesOf(document: Document, gathered: readonly Gathered[], failures: Failures | null): string[] {
  const notes: string[] = [];
  for (const { service } of gathered) {
    const summed = document.lastRun.summary?.[service.name]?.flagged_items ?? null;
    const counted = flaggedItems(service);
    if (summed !== null && service.rules !== null && summed !== counted) {
      notes.push(
        `service ${service.name}: last_run.summary counts ${summed} flagged items, its findings hold ${counted}`,
      );
    }
    for (const { id, texts, items } of service.rules ?? []) {
      if (items.length > 0 && !isKnownLevel(texts.level)) {
        notes.push(
          `rule ${id} has the unknown level ${JSON.stringify(texts.level ?? null).slice(0, 40)}, taken as MEDIUM`,
        );
      }
    }
  }
  for (const [note, count] of failures?.others ?? []) {
    notes.push(`error during the scan${count > 1 ? ` (${count} times)` : ''}: ${note}`);
  }
  if (timeOf(document.lastRun.time) === null) notes.push('last_run.time is missing or no time');
  return notes;
}

/** The scopes of a report: its account, or the subscriptions or projects in it. */
export function scopesOf(
  document: Document,
  failures: Failures | null,
  extraNotes: readonly string[],
  outcome: RunOutcome,
): ScopeReport[] {
  const listed = accountsIn(document.services);
  const gathered = document.services.map((service): Gathered => ({
    service,
    defect: defectOf(service, failures),
    hosts: hostsOf(service, listed, document.account),
    observations: observationsOf(document, service),
  }));
  const accounts = new Set<string>();
  for (const { service, hosts, observations } of gathered) {
    if (service.rules !== null) for (const host of hosts) accounts.add(host);
    for (const account of observations.keys()) accounts.add(account);
  }
  if (accounts.size === 0) accounts.add(document.account);
  const regions = regionsOf(document, gathered);
  const gaps = gapsOf(gathered);
  const notes = [...extraNotes, ...gaps, ...notesOf(document, gathered, failures)].slice(0, MOST_NOTES);
  return [...accounts].map((account): ScopeReport => {
    const coverage = coverageOf(gathered, account, regions);
    const checks = statsOf(document, gathered, account);
    let passed = 0;
    for (const { checked, flagged } of checks.values()) {
      if (checked !== null && flagged !== null) passed += Math.max(0, checked - flagged);
    }
    return {
      source: 'scoutsuite',
      cloud: document.provider,
      account,
      accountName: null,
      sourceVersion: document.lastRun.version ?? null,
      observedAt: timeOf(document.lastRun.time),
      mode: 'snapshot',
      outcome: coverage.size === 0 ? 'failed' : outcome,
      notes,
      gaps,
      coverage,
      rulesAreExhaustive: true,
      checks,
      observations: gathered.flatMap(({ observations }) => observations.get(account) ?? []),
      closed: [],
      suppressed: 0,
      passed,
    };
  });
}
