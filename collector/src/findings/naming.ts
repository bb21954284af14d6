import { RE2JS } from 're2js';

/** What a name says by its convention: `team`, `environment`, and whatever else is a group of the expression. */
export type Named = Readonly<Record<string, string>>;

/** Names come from reports: what is longer than any cloud allows is not read. */
const LONGEST = 512;
const MOST_REMEMBERED = 10_000;

/**
 * Reads names by a convention. Of an engine that takes time in proportion to the name, whatever the expression: names are
 * untrusted text.
 * @throws Error for what is no regular expression (of RE2: without look-around and references back)
 */
export function namingOf(expression: string): (name: string) => Named | null {
  const pattern = RE2JS.compile(expression);
  const groups = Object.keys(pattern.namedGroups());
  // Resources of a scope have many findings each.
  const known = new Map<string, Named | null>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    if (known.size >= MOST_REMEMBERED) known.clear();
    const matcher = name.length > LONGEST ? null : pattern.matcher(name);
    let found: Record<string, string> | null = null;
    if (matcher?.find() === true) {
      found = {};
      for (const group of groups) {
        const value = matcher.group(group);
        if (value !== null && value !== '') found[group] = value;
      }
    }
    known.set(name, found);
    return found;
  };
}

/** The groups of an expression. @throws Error as namingOf */
export function groupsOf(expression: string): readonly string[] {
  return Object.keys(RE2JS.compile(expression).namedGroups());
}
