import type { Severity } from '../../findings/severity.ts';
import { firstOf, orNull, rated, type Rating, severityOfCvss, severityOfWord } from '../common/values.ts';
import type { Rule, SarifResult, Tool } from './schema.ts';

const LEVELS: Readonly<Record<string, Severity>> = {
  error: 'HIGH',
  warning: 'MEDIUM',
  note: 'LOW',
  none: 'INFORMATIONAL',
};

/** The rule of a result: by its place in the component that it names, else by its id, wherever that is. */
export function ruleOf(tool: Tool, result: SarifResult): Rule | undefined {
  const named = result.rule?.toolComponent;
  const component =
    tool.extensions[named?.index ?? -1] ??
    tool.extensions.find(
      ({ name, guid }) =>
        named !== undefined && (named.guid !== '' ? guid === named.guid : name === named.name && name !== ''),
    ) ??
    tool.driver;
  const index = result.rule?.index ?? result.ruleIndex ?? -1;
  const id = firstOf(result.ruleId, result.rule?.id);
  const placed = component.rules[index];
  // `CA1000/1` is a rule of the rule CA1000.
  if (placed !== undefined && (id === '' || id === placed.id || id.startsWith(`${placed.id}/`)))
    return placed;
  return rulesById(tool).get(id) ?? rulesById(tool).get(id.replace(/\/[^/]*$/, ''));
}

const BY_ID = new WeakMap<Tool, ReadonlyMap<string, Rule>>();

function rulesById(tool: Tool): ReadonlyMap<string, Rule> {
  let rules = BY_ID.get(tool);
  if (rules === undefined) {
    rules = new Map(
      [...tool.extensions, tool.driver].flatMap((component) =>
        component.rules.map((rule) => [rule.id, rule] as const),
      ),
    );
    BY_ID.set(tool, rules);
  }
  return rules;
}

/** `warning` is what the specification means where nobody says. */
export function ratingOf(
  result: SarifResult,
  rule: Rule | undefined,
): { rating: Rating; cvss: number | null } {
  const security = firstOf(rule?.properties['security-severity'], result.properties?.['security-severity']);
  const score = Number(security);
  if (security !== '' && score >= 0 && score <= 10) {
    return { rating: rated(severityOfCvss(score), security, score), cvss: score };
  }
  const word = severityOfWord(security);
  if (word !== undefined) return { rating: rated(word, security), cvss: null };
  const level = firstOf(result.level, rule?.defaultConfiguration?.level).toLowerCase() || 'warning';
  const known = Object.hasOwn(LEVELS, level) ? LEVELS[level] : undefined;
  return { rating: rated(known ?? 'MEDIUM', orNull(level)), cvss: null };
}
