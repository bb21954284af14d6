/** JSON allows no raw control characters inside strings; scanners write them all the same. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u001f]/g;

function escapeControl(text: string): string {
  return text.replace(CONTROL, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The text of a quoted JSON string, null where it is none. */
export function unescape(quoted: string): string | null {
  for (const text of [quoted, escapeControl(quoted)]) {
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === 'string') return value;
    } catch {
      // tried again with control characters escaped; then it is none
    }
  }
  return null;
}
