import * as fs from 'node:fs';
import * as path from 'node:path';
import * as zlib from 'node:zlib';
import { expect, it } from 'vitest';
import { ReportError } from '../errors.ts';
import { detectSource } from './detect.ts';
import { bufferInput } from './input/index.ts';
import { adapters } from './registry.ts';
import { PAGE, sourcesPage } from './update-docs.ts';

const fixtures = adapters.flatMap(({ id }) => {
  const folder = path.join(import.meta.dirname, id, 'fixtures');
  return fs.readdirSync(folder).map((name): [string, string, Buffer] => {
    const bytes = fs.readFileSync(path.join(folder, name));
    return [`${id}/${name}`, id, name.endsWith('.gz') ? zlib.gunzipSync(bytes) : bytes];
  });
});
/** The list of a scan's errors is read with its report, never alone. */
const reports = fixtures.filter(([name]) => !/scoutsuite.*errors/.test(name));

it.each(reports)('%s is claimed by exactly one source, its own', (_name, id, bytes) => {
  expect(detectSource(bufferInput('report', bytes)).id).toBe(id);
});

it('every source has fixtures, and an id that its folder has', () => {
  expect(new Set(reports.map(([, id]) => id))).toEqual(new Set(adapters.map(({ id }) => id)));
  expect(new Set(adapters.map(({ id }) => id)).size).toBe(adapters.length);
});

it.each(adapters.map((adapter) => [adapter.id, adapter] as const))(
  '%s refuses what is empty or somebody else’s, rather than finding nothing',
  async (_id, adapter) => {
    for (const text of ['', '{}', '[{}]', '[1]', '"x"', '<a/>', 'a,b,c\n1,2,3\n', '\0\0\0']) {
      const read = adapter.read(bufferInput('report', Buffer.from(text)), { at: 0 });
      await expect(read, JSON.stringify(text)).rejects.toBeInstanceOf(ReportError);
    }
  },
);

it('docs/sources.md is what the adapters say of themselves: node collector/src/sources/update-docs.ts', () => {
  const page = fs.readFileSync(PAGE, 'utf8');
  expect(page).toBe(sourcesPage(page));
});
