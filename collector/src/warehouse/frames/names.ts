import type { Dimension } from '../query/dimensions.ts';
import type { Measure } from '../query/measures.ts';
import type { Group } from '../query/result.ts';

/** What things are called: labels for programs (and filters), names for people. */

const OTHER = 'other';
const SEPARATOR = ' · ';

/**
 * A group's dimensions as labels. What has none of a dimension gets `""`: that is what filters take for "has none", and what
 * Prometheus and alert routing take for a label that is not there. `none` would be the name of a team of that name.
 */
export function labelsOf(
  dimensions: readonly Dimension[],
  group: Group | null,
  other: string,
): Record<string, string> {
  return Object.fromEntries(
    dimensions.map((dimension, index) => [dimension, labelValue(group, index, other)]),
  );
}

export function labelValue(group: Group | null, index: number, other: string): string {
  return group === null ? other : (group[index] ?? '');
}

/** What `other` is called where a group has that very name: two series of the same labels are an error for alert rules. */
export function otherName(groups: readonly (Group | null)[]): string {
  const taken = groups.some((group) => group !== null && group.length > 0 && group.every((v) => v === OTHER));
  return taken ? `(${OTHER})` : OTHER;
}

/** @param accountNames by id, where they are known */
export function groupName(
  dimensions: readonly Dimension[],
  group: Group | null,
  other: string,
  accountNames?: ReadonlyMap<string, string>,
): string {
  if (group === null) return other;
  const named = new Set(dimensions.filter((_, index) => group[index] != null));
  const parts: string[] = [];
  for (const [index, dimension] of dimensions.entries()) {
    // The name says which account it is.
    if (dimension === 'account' && named.has('accountName')) continue;
    const value = group[index] ?? null;
    const name = dimension === 'account' && value !== null ? accountNames?.get(value) : undefined;
    parts.push(name ?? valueName(dimension, value));
  }
  return parts.join(SEPARATOR);
}

function valueName(dimension: Dimension, value: string | null): string {
  if (value === null || value === '') return 'none';
  if (dimension === 'severity') return value.toLowerCase();
  if (dimension === 'fixable')
    return value === 'true' ? 'fixable' : value === 'false' ? 'not fixable' : value;
  return value;
}

/** Names that no two have in common, as tables need them: of accounts of one name, each says which it is. */
export function distinct(
  named: readonly { readonly name: string; readonly group: Group | null }[],
): string[] {
  const seen = new Map<string, number>();
  for (const { name } of named) seen.set(name, (seen.get(name) ?? 0) + 1);
  return named.map(({ name, group }) =>
    (seen.get(name) ?? 0) > 1 && group !== null && group.length > 0
      ? `${name} (${group.map((value) => value ?? 'none').join(', ')})`
      : name,
  );
}

const WORDS: Readonly<Partial<Record<Measure, string>>> = {
  mttr: 'MTTR',
  mttrP50: 'MTTR p50',
  mttrP90: 'MTTR p90',
  slaCompliance: 'SLA compliance',
  ageP50: 'age p50',
  ageP90: 'age p90',
};

/** `overdueConfirmed` → `overdue confirmed`. */
export function measureName(measure: Measure): string {
  return WORDS[measure] ?? words(measure);
}

/** For the head of a column: `resourceType` → `Resource type`. */
export function heading(name: string): string {
  const text = name.startsWith('label:') ? name.slice('label:'.length) : words(name);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Name of a series or column: the group, and the measure where there are several. */
export function fieldName(group: string, measure: Measure, measures: number): string {
  if (group === '') return measureName(measure);
  return measures > 1 ? `${group}${SEPARATOR}${measureName(measure)}` : group;
}

function words(name: string): string {
  // Only where a word begins: MTTR stays what it is.
  return name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
