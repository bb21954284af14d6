/** Tags that ScoutSuite's rationales use. Anything else in angle brackets is text (`<your-bucket>`) and stays. */
const TAG = /<\/?(?:a|b|br|code|div|em|h[1-6]|i|li|ol|p|pre|samp|span|strong|ul)\b[^<>]*>/gi;
const BREAKS = /^<\/?(?:br|div|h[1-6]|li|ol|p|pre|ul)\b/i;
const ENTITY = /&(?:lt|gt|quot|#39|apos|nbsp|amp);/g;
const ENTITIES: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&apos;': "'",
  '&nbsp;': ' ',
  '&amp;': '&',
};

/** The words of a small piece of HTML: blocks become lines, other tags vanish. */
export function plainText(html: string): string {
  return html
    .replace(TAG, (tag) => (BREAKS.test(tag) ? '\n' : ''))
    .replace(ENTITY, (entity) => ENTITIES[entity] ?? entity)
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' ').trim())
    .filter((line) => line !== '')
    .join('\n');
}

/** Irregular plurals aside, the container's word for one of its resources: `security_groups` → `security_group`. */
export function singular(word: string): string {
  if (word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (/(?:ss|x|ch|sh)es$/.test(word)) return word.slice(0, -2);
  return /[^s]s$/.test(word) ? word.slice(0, -1) : word;
}
