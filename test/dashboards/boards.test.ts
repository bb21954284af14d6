import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DIMENSIONS } from '../../collector/src/warehouse/query/dimensions.ts';
import { boards, text } from './boards.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const all = boards();
const UIDS = [
  'overview',
  'account',
  'findings',
  'sla',
  'perimeter',
  'vulnerabilities',
  'runtime',
  'compliance',
  'health',
  'public',
];

function bundled(uid: string): string {
  return fs.readFileSync(path.join(ROOT, 'plugin/src/dashboards', `${uid}.json`), 'utf8');
}

describe('the committed dashboards', () => {
  it('are what the generator makes, for provisioning and inside the plugin', () => {
    expect(() =>
      execFileSync(process.execPath, ['dashboards/src/main.ts', '--check'], { cwd: ROOT, stdio: 'pipe' }),
    ).not.toThrow();
    for (const { uid } of all.filter((board) => board.uid !== 'sightline-public'))
      expect(bundled(uid)).toBe(text(uid));
  });

  it('ask who imports the one without variables for the data source', () => {
    const board = JSON.parse(bundled('sightline-public')) as {
      readonly __inputs: readonly { name: string }[];
    };
    expect(board.__inputs.map(({ name }) => name)).toEqual(['DS_SIGHTLINE']);
    const uids = [...bundled('sightline-public').matchAll(/"uid": "([^"]+)"/g)].map(([, uid]) => uid);
    expect(new Set(uids)).toEqual(new Set(['${DS_SIGHTLINE}', 'sightline-public']));
  });

  it('are ten, under uids that links and bookmarks rely on', () => {
    expect(all.map(({ uid }) => uid).toSorted()).toEqual(UIDS.map((name) => `sightline-${name}`).toSorted());
  });
});

describe.each(all)('$title', ({ uid, panels, templating, annotations, tags }) => {
  it('has no fixed data source, unless it is to be shared, where Grafana knows no variables', () => {
    const uids = [...text(uid).matchAll(/"uid": "([^"]+)"/g)].map(([, found]) => found);
    expect(new Set(uids)).toEqual(
      new Set(uid === 'sightline-public' ? [uid, 'sightline'] : ['${datasource}', uid]),
    );
  });

  it('has panels that do not overlap, within 24 columns, each with an id of its own', () => {
    const taken = new Map<string, number>();
    for (const { id, gridPos } of panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(
            taken.get(`${x}/${y}`),
            `panels ${id} and ${taken.get(`${x}/${y}`) ?? ''} overlap`,
          ).toBeUndefined();
          taken.set(`${x}/${y}`, id);
        }
    }
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });

  it('says of every panel what it shows', () => {
    for (const { type, title, description } of panels)
      if (type !== 'row' && type !== 'text') expect(description, title).toMatch(/\w{3}.*\.$/);
  });

  it('asks only by variables that it has', () => {
    const known = new Set((templating?.list ?? []).map(({ name }) => name));
    const queries = [
      ...panels.flatMap(({ targets = [] }) => targets),
      ...(annotations?.list ?? []).map(({ target }) => target),
    ];
    for (const { filters = [] } of queries)
      for (const { values } of filters)
        for (const value of values) if (value.startsWith('$')) expect(known).toContain(value.slice(1));
  });

  it('has variables of dimensions that there are, each narrowed by those before it', () => {
    const before = new Set<string>();
    for (const { name, type, query } of templating?.list ?? []) {
      if (type === 'query') {
        const { dimension, filters = [] } = query as { dimension: string; filters?: { values: string[] }[] };
        expect(DIMENSIONS).toContain(dimension);
        for (const { values } of filters)
          for (const value of values) expect(before).toContain(value.slice(1));
      }
      before.add(name);
    }
  });

  it('is in the menu of dashboards', () => {
    expect(tags).toContain('sightline');
  });

  it('links to dashboards that there are', () => {
    for (const [, target] of text(uid).matchAll(/\/d\/([\w-]+)/g))
      expect(all.map((one) => one.uid)).toContain(target);
  });
});

describe('the first screen of the overview', () => {
  it('is 24 columns wide and 20 rows high, in shelves of 4, 8 and 8', () => {
    const overview = all.find(({ uid }) => uid === 'sightline-overview');
    const first = (overview?.panels ?? []).filter(({ gridPos }) => gridPos.y < 20);
    const shelves = Map.groupBy(first, ({ gridPos }) => gridPos.y);
    expect([...shelves].map(([y, row]) => [y, row.map(({ gridPos }) => gridPos.w)])).toEqual([
      [0, [4, 4, 4, 4, 4, 4]],
      [4, [14, 10]],
      [12, [8, 8, 4, 4]],
    ]);
  });
});
