import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { reportJsonSchema } from './schema.ts';

it('is published as it is: docs/report.schema.json', () => {
  const published = readFileSync(new URL('../../../docs/report.schema.json', import.meta.url), 'utf8');
  expect(JSON.parse(published)).toEqual(reportJsonSchema());
});
