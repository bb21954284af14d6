import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FILE, stringsOfSource } from '../../plugin/tools/strings.ts';

it('every text of the plugin can be translated: npm run strings -w plugin writes down what changed', () => {
  expect(JSON.parse(readFileSync(FILE, 'utf8'))).toEqual(stringsOfSource());
});
