import { globMatches } from '../findings/settings.ts';

/** Which of the things that were found, by what they are called and their tags; `*` and `?` in patterns. */
export interface Choice {
  readonly names?: readonly string[] | undefined;
  readonly tags?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** What a choice goes by. */
export interface Chosen {
  /** Whatever it is called by: any of them counts. */
  readonly names: readonly (string | null)[];
  readonly tags: Readonly<Record<string, string>>;
}

/** Whether all of `include` and nothing of `exclude` holds. */
export function isWanted(thing: Chosen, include: Choice | undefined, exclude: Choice | undefined): boolean {
  return holdsAll(thing, include ?? {}) && !holdsAny(thing, exclude ?? {});
}

function holdsAll(thing: Chosen, { names, tags }: Choice): boolean {
  const named = names === undefined || isNamed(thing, names);
  return named && Object.entries(tags ?? {}).every(([tag, patterns]) => hasTag(thing, tag, patterns));
}

function holdsAny(thing: Chosen, { names, tags }: Choice): boolean {
  if (names !== undefined && isNamed(thing, names)) return true;
  return Object.entries(tags ?? {}).some(([tag, patterns]) => hasTag(thing, tag, patterns));
}

function isNamed({ names }: Chosen, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => names.some((name) => name !== null && globMatches(pattern, name)));
}

function hasTag({ tags }: Chosen, tag: string, patterns: readonly string[]): boolean {
  const value = Object.hasOwn(tags, tag) ? tags[tag] : undefined;
  return value !== undefined && patterns.some((pattern) => globMatches(pattern, value));
}
