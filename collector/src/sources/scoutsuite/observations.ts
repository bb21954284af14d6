import { cellOf } from '../../findings/cells.ts';
import { fingerprint } from '../../findings/fingerprint.ts';
import type { FindingClass, Observation } from '../../findings/model.ts';
import { scoreOfSeverity, type Severity } from '../../findings/severity.ts';
import { locate, type Located } from './locate.ts';
import type { Document, Rule, Service } from './reader.ts';
import { plainText } from './text.ts';

/** A rule about who in the world can reach it, by its name. `public-access-block` and public keys are not that. */
const EXPOSED =
  /opens-.*-to-all|opens-all-ports|world|allusers|allauthenticatedusers|publicly|public(?!-(?:access-block|key))/i;

export function severityOf(level: string | null | undefined): Severity {
  return level === 'danger' ? 'HIGH' : 'MEDIUM';
}

export function isKnownLevel(level: string | null | undefined): boolean {
  return level === 'danger' || level === 'warning';
}

function classOf(service: string, rule: string): FindingClass {
  if (service === 'iam') return 'iam';
  return EXPOSED.test(rule) ? 'exposure' : 'compliance';
}

function text(html: string | null | undefined): string | null {
  const plain = html === null || html === undefined ? '' : plainText(html);
  return plain === '' ? null : plain;
}

function frameworksOf(rule: Rule): string[] {
  const frameworks = new Set<string>();
  for (const entry of rule.texts.compliance ?? []) {
    if (typeof entry?.name !== 'string' || entry.name === '') continue;
    const version = typeof entry.version === 'string' && entry.version !== '' ? ` ${entry.version}` : '';
    const reference =
      typeof entry.reference === 'string' && entry.reference !== '' ? `:${entry.reference}` : '';
    frameworks.add(`${entry.name}${version}${reference}`);
  }
  return [...frameworks];
}

type RuleContent = Pick<
  Observation,
  | 'class'
  | 'ruleId'
  | 'title'
  | 'description'
  | 'remediation'
  | 'references'
  | 'severity'
  | 'score'
  | 'severityOriginal'
  | 'frameworks'
>;

/** The texts of a rule, made once and shared by its observations. */
function contentOf(service: string, rule: Rule): RuleContent {
  const severity = severityOf(rule.texts.level);
  const references = (rule.texts.references ?? []).filter(
    (value): value is string => typeof value === 'string',
  );
  return {
    class: classOf(service, rule.id),
    ruleId: rule.id,
    title: text(rule.texts.description) ?? rule.id,
    description: text(rule.texts.rationale),
    remediation: text(rule.texts.remediation),
    references,
    severity,
    score: scoreOfSeverity(severity),
    severityOriginal: rule.texts.level ?? null,
    frameworks: frameworksOf(rule),
  };
}

const NOTHING: readonly string[] = [];

/** Compares paths so that `Statement.2` comes before `Statement.10`. */
const inOrder = new Intl.Collator('en', { numeric: true });

/** Items of one rule that nothing but an index in a list tells apart, and how often the report names each. */
type Group = { readonly located: Located; readonly items: Map<string, number> };

function groupItems(document: Document, service: Service, rule: Rule): Group[] {
  const groups = new Map<string, Group>();
  for (const item of rule.items) {
    const located = locate(document.paths, service.name, rule, item);
    const { account, region, resourceId, locator } = located;
    const key = JSON.stringify([account, region, resourceId.toLowerCase(), locator.toLowerCase()]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { located, items: new Map([[item, 1]]) });
    else group.items.set(item, (group.items.get(item) ?? 0) + 1);
  }
  return [...groups.values()];
}

/**
 * One observation per flagged item, by account. Where items differ by their place in a list only, the first keeps the
 * locator without one and the others are numbered, so that mending one of them, or a change elsewhere in the list,
 * renames as little as can be.
 */
export function observationsOf(document: Document, service: Service): Map<string, Observation[]> {
  const byAccount = new Map<string, Observation[]>();
  for (const rule of service.rules ?? []) {
    const content = contentOf(service.name, rule);
    for (const { located, items } of groupItems(document, service, rule)) {
      const account = located.account ?? document.account;
      let list = byAccount.get(account);
      if (list === undefined) byAccount.set(account, (list = []));
      const sorted = [...items].sort(([a], [b]) => inOrder.compare(a, b));
      for (const [rank, [, occurrences]] of sorted.entries()) {
        const locator = rank === 0 ? located.locator : `${located.locator}#${rank + 1}`;
        list.push(observe(document, service.name, account, content, { ...located, locator }, occurrences));
      }
    }
  }
  return byAccount;
}

function observe(
  document: Document,
  service: string,
  account: string,
  content: RuleContent,
  located: Located,
  occurrences: number,
): Observation {
  const { region, resourceType, resourceId, resourceName, locator, tags } = located;
  return {
    fingerprint: fingerprint({
      source: 'scoutsuite',
      cloud: document.provider,
      account,
      region,
      rule: content.ruleId,
      resource: resourceId,
      locator,
    }),
    cell: cellOf(service, region),
    correlationKey: null,
    sourceFindingId: null,
    class: content.class,
    region,
    service,
    resourceType,
    resourceId,
    resourceName,
    locator,
    ruleId: content.ruleId,
    title: content.title,
    description: content.description,
    remediation: content.remediation,
    references: content.references,
    severity: content.severity,
    score: content.score,
    severityOriginal: content.severityOriginal,
    cve: NOTHING,
    cwe: NOTHING,
    cvss: null,
    package: null,
    fixedVersion: null,
    frameworks: content.frameworks,
    tags,
    occurrences,
  };
}
