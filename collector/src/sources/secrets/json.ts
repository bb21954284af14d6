import type { ReportInput } from '../adapter.ts';
import { JsonCursor } from '../json/cursor.ts';
import { replaced, type Replacement } from './view.ts';

/**
 * What is to stand in the place of a string in a report.
 * @param key of the member that it is, or whose list it is in
 * @param parent of the object that holds the member; '' for the document itself
 * @returns how to change it, null where it is of no concern
 */
export type Redaction = (key: string, parent: string) => ((text: string) => string) | null;

/**
 * The JSON report without what a redaction takes out of it.
 * @throws ReportError where it can't be read to its end: what can't be redacted is not stored
 */
export async function redactJson(input: ReportInput, redaction: Redaction): Promise<ReportInput> {
  const replacements: Replacement[] = [];
  const cursor = new JsonCursor(input);
  while (cursor.kind() !== 'end') walk(cursor, '', '', redaction, replacements);
  return replaced(input, replacements);
}

function walk(
  cursor: JsonCursor,
  key: string,
  parent: string,
  redaction: Redaction,
  replacements: Replacement[],
): void {
  switch (cursor.kind()) {
    case 'object':
      cursor.enterObject();
      for (let name = cursor.nextKey(); name !== null; name = cursor.nextKey()) {
        walk(cursor, name, key, redaction, replacements);
      }
      return;
    case 'array':
      cursor.enterArray();
      while (cursor.nextElement()) walk(cursor, key, parent, redaction, replacements);
      return;
    case 'string': {
      const change = redaction(key, parent);
      if (change === null) {
        cursor.skip();
        return;
      }
      const start = cursor.offset;
      const text = cursor.string();
      const clean = change(text);
      // The blanks behind it go with it.
      if (clean !== text) {
        replacements.push({ start, end: cursor.offset, bytes: Buffer.from(JSON.stringify(clean)) });
      }
      return;
    }
    case 'number':
    case 'boolean':
    case 'null':
    case 'end':
      cursor.skip();
  }
}
