const SHOWN = 3;

/** Sentences in one, for a reason: the first of them, and how many more there are. */
export function several(sentences: readonly string[]): string {
  const shown = sentences.slice(0, SHOWN).join('; ');
  return sentences.length > SHOWN ? `${shown}; and ${sentences.length - SHOWN} more` : shown;
}
