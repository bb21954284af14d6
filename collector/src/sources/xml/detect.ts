/** The root element at the start of a document: its name and the text of its tag; null where it is no XML. */
export function rootOf(head: string): { readonly name: string; readonly tag: string } | null {
  if (!head.startsWith('<')) return null;
  const bare = head.replace(
    /^(?:\s*(?:<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!DOCTYPE[^>[]*(?:\[[\s\S]*?\]\s*)?>))*\s*/i,
    '',
  );
  const match = /^<([A-Za-z_][\w.:-]*)([^>]*)>/.exec(bare);
  return match === null ? null : { name: match[1] ?? '', tag: match[2] ?? '' };
}
