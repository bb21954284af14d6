import type { EpochMs } from '../findings/model.ts';
import { TENANT } from './accounts.ts';
import { RULE_SECTIONS } from './catalogue/index.ts';
import { type Estate, fill, flawsOf } from './estate.ts';
import { KINDS } from './kinds.ts';
import type { Account, Cloud, Flaw, Kind, Resource, RuleSpec, ScoutKind, Week } from './model.ts';
import { pythonJson } from './python-json.ts';
import { addCounts, collectionOf, nodeOf, place, type Tree } from './scout-tree.ts';
import { STORY } from './story.ts';

const PROVIDER: Record<Cloud, { name: string; benchmark: string }> = {
  aws: { name: 'Amazon Web Services', benchmark: 'CIS Amazon Web Services Foundations' },
  azure: { name: 'Microsoft Azure', benchmark: 'CIS Microsoft Azure Foundations' },
  gcp: { name: 'Google Cloud Platform', benchmark: 'CIS Google Cloud Platform Foundations' },
};

interface ScoutableKind extends Kind {
  readonly scout: ScoutKind;
}

function isScoutable(kind: Kind): kind is ScoutableKind {
  return kind.scout !== undefined;
}

interface Finding {
  readonly spec: RuleSpec;
  readonly flaw: Flaw;
  readonly kind: ScoutableKind;
  checked: number;
  readonly items: string[];
}

/** `2026-11-21 03:52:06+0000` */
export function scoutTime(at: EpochMs): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}+0000`;
}

function complianceOf(rule: string, cloud: Cloud): unknown {
  const sections = RULE_SECTIONS[rule];
  if (sections === undefined) return null;
  return sections.split(', ').map((section) => {
    const blank = section.indexOf(' ');
    return {
      name: PROVIDER[cloud].benchmark,
      version: section.slice(0, blank),
      reference: section.slice(blank + 1),
    };
  });
}

function pathOf(scout: ScoutKind, below?: string): string {
  // ScoutSuite's rules write `id` where an item has a name of its own.
  const node = scout.node.replace(/\{[^.]*\}(?:-b)?|(?<=keyrings\.)main/g, 'id');
  return below === undefined ? node : `${node}.${below}`;
}

function suffixOf(spec: RuleSpec): string | undefined {
  if (spec.at === '' || spec.path === spec.at) return undefined;
  if (spec.path === undefined) return spec.at;
  const extra = spec.at.split('.').slice(spec.path.split('.').length);
  return extra.length === 0 ? undefined : extra.join('.');
}

function findingObject(finding: Finding): Tree {
  const { spec, flaw, kind } = finding;
  return {
    checked_items: finding.checked,
    compliance: complianceOf(spec.id, kind.cloud),
    dashboard_name: spec.dashboard ?? kind.scout.dashboard,
    description: flaw.problem,
    display_path: spec.path === undefined ? undefined : pathOf(kind.scout),
    flagged_items: finding.items.length,
    id_suffix: suffixOf(spec),
    items: finding.items,
    level: spec.level,
    path: pathOf(kind.scout, spec.path),
    rationale: flaw.risk,
    references: null,
    remediation: flaw.fix,
    service: kind.scout.label,
  };
}

/** What is left of a rule whose evaluation raised an exception. */
function unevaluated(whole: Tree): Tree {
  const { description, path, level, id_suffix, display_path } = whole;
  return { checked_items: 0, description, display_path, flagged_items: 0, id_suffix, level, path };
}

function itemOf(resource: Resource, scout: ScoutKind, spec: RuleSpec): string {
  const node = fill(scout.node, resource.fields);
  return spec.at === '' ? node : `${node}.${fill(spec.at, resource.fields)}`;
}

interface Scan {
  readonly services: Tree;
  readonly findings: ReadonlyMap<string, ReadonlyMap<string, Finding>>;
  readonly counts: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

function scan(estate: Estate, account: Account, week: Week): Scan {
  const services: Tree = {};
  const findings = new Map<string, Map<string, Finding>>();
  const counts = new Map<string, Map<string, number>>();
  for (const kind of KINDS) {
    if (kind.cloud !== account.cloud || !isScoutable(kind)) continue;
    const { scout } = kind;
    const resources = estate.resources(account, kind, week);
    const rules = getOrMake(findings, scout.service, () => new Map<string, Finding>());
    const collections = getOrMake(counts, scout.service, () => new Map<string, number>());
    const collection = collectionOf(kind);
    if (collection !== null)
      collections.set(collection, (collections.get(collection) ?? 0) + resources.length);
    for (const resource of resources) {
      place(services, fill(scout.node, resource.fields), nodeOf(estate, resource, scout, week), resource);
    }
    for (const flaw of flawsOf(kind)) {
      const spec = flaw.rule;
      if (spec === undefined) continue;
      const finding = getOrMake(rules, spec.id, () => ({ spec, flaw, kind, checked: 0, items: [] }));
      for (const resource of resources) {
        if (flaw.only !== undefined && flaw.only !== resource.name) continue;
        finding.checked++;
        if (estate.isOpen(resource, flaw, week)) finding.items.push(itemOf(resource, scout, spec));
      }
    }
  }
  return { services, findings, counts };
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const there = map.get(key);
  if (there !== undefined) return there;
  const made = make();
  map.set(key, made);
  return made;
}

interface Summary {
  checked_items: number;
  flagged_items: number;
  max_level: string;
  resources_count: number;
  rules_count: number;
}

function summaryOf(rules: readonly Tree[], resources: number): Summary {
  const summary: Summary = {
    checked_items: 0,
    flagged_items: 0,
    max_level: 'warning',
    resources_count: resources,
    rules_count: rules.length,
  };
  for (const rule of rules) {
    summary.checked_items += Number(rule['checked_items']);
    summary.flagged_items += Number(rule['flagged_items']);
    if (Number(rule['flagged_items']) > 0 && rule['level'] === 'danger') summary.max_level = 'danger';
  }
  return summary;
}

function identityOf(account: Account): Tree {
  if (account.cloud === 'azure')
    return { account_id: TENANT, all_subscriptions: false, subscription_ids: [account.id] };
  if (account.cloud === 'gcp') {
    return {
      account_id: account.id,
      all_projects: false,
      folder_id: null,
      organization_id: null,
      project_id: account.id,
    };
  }
  return { account_id: account.id, partition: 'aws', service_groups: {}, sg_map: {}, subnet_map: {} };
}

function metadataOf(account: Account, services: Tree): Tree {
  const byService = new Map<string, Tree>();
  for (const kind of KINDS) {
    const collection = collectionOf(kind);
    if (kind.cloud !== account.cloud || !isScoutable(kind) || collection === null) continue;
    if (services[kind.scout.service] === null) continue;
    const path = `services.${kind.scout.node.replace(/\.\{[^.]*\}$/, '').replace(/\{[^.]*\}(?:-b)?/g, 'id')}`;
    const resources = getOrMake(byService, kind.scout.service, (): Tree => ({}));
    resources[collection] = { cols: 2, full_path: path, path, script: path.replaceAll('.id', '') };
  }
  return { services: Object.fromEntries([...byService].map(([name, resources]) => [name, { resources }])) };
}

/** Whether this is the run that lost its permissions half-way. */
export function isFailedScan(account: Account, week: Week): boolean {
  return account.name === STORY.failedScan.account && week === STORY.failedScan.week;
}

/** A report of `scout aws|azure|gcp`: an assignment, then one line of JSON with sorted keys. */
export function scoutsuiteReport(estate: Estate, account: Account, week: Week, at: EpochMs): string {
  const { services, findings, counts } = scan(estate, account, week);
  const failed = isFailedScan(account, week);
  const gone: readonly string[] = failed ? STORY.failedScan.gone : [];
  const broken: readonly string[] = failed ? STORY.failedScan.unevaluated : [];
  addCounts(services, counts);
  const summary: Tree = {};
  for (const [service, rules] of findings) {
    const objects = [...rules].map(([id, finding]): [string, Tree] => {
      const whole = findingObject(finding);
      return [id, broken.includes(service) ? unevaluated(whole) : whole];
    });
    if (gone.includes(service)) {
      services[service] = null;
      summary[service] = summaryOf([], 0);
      continue;
    }
    const there = services[service];
    services[service] = {
      ...(typeof there === 'object' ? there : {}),
      filters: {},
      findings: Object.fromEntries(objects),
    };
    const resources = [...(counts.get(service)?.values() ?? [])].reduce((sum, count) => sum + count, 0);
    summary[service] = summaryOf(
      objects.map(([, object]) => object),
      resources,
    );
  }
  const list = [...findings.keys()];
  const report = {
    ...identityOf(account),
    environment: account.cloud === 'aws' ? null : 'default',
    last_run: {
      ruleset_about: 'The rules of the default ruleset for the services of this scan.',
      ruleset_name: 'default',
      run_parameters: { excluded_regions: [], regions: [], services: list, skipped_services: [] },
      summary,
      time: scoutTime(at),
      version: '5.14.0',
    },
    metadata: metadataOf(account, services),
    provider_code: account.cloud,
    provider_name: PROVIDER[account.cloud].name,
    result_format: 'json',
    service_list: list,
    services,
  };
  return `scoutsuite_results =\n${pythonJson(report)}\n`;
}

/** The `scoutsuite_errors_…json` beside a failed scan. */
export function scoutsuiteErrors(): string {
  const { gone, unevaluated: broken } = STORY.failedScan;
  const errors = [...gone, ...broken].map((service) => ({
    additional_details: null,
    exception: `Failed to get ${service} resources: An error occurred (ExpiredTokenException): The security token included in the request is expired`,
    file: `${service}.py`,
    line: 42,
    traceback: `Traceback (most recent call last):\n  File "/opt/scan/ScoutSuite/providers/aws/facade/${service}.py", line 42, in get\nbotocore.exceptions.ClientError: An error occurred (ExpiredTokenException)\n`,
  }));
  return JSON.stringify(errors, null, 4);
}
