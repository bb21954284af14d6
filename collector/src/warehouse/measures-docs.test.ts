import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { unitOf } from './frames/units.ts';
import { DIMENSIONS, FILTER_FIELDS, MULTIPLE, UNBOUNDED } from './query/dimensions.ts';
import { MEASURE, MEASURES, type MeasureInfo } from './query/measures.ts';

/** docs/measures.md promises what the code does; where both can be compared, they are. */

const TEXT = readFileSync(new URL('../../../docs/measures.md', import.meta.url), 'utf8');

interface Row {
  readonly section: string;
  /** By the heading of the column. */
  readonly cells: ReadonlyMap<string, string>;
}

/** Rows of all tables, by the section that they are in. */
function rowsOf(text: string): Row[] {
  const rows: Row[] = [];
  let section = '';
  let head: string[] | null = null;
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) section = line.replace(/^#+ /, '');
    if (!line.startsWith('|')) head = null;
    else if (head === null) head = cellsOf(line);
    else if (!/^[|\s-]+$/.test(line)) {
      const cells = cellsOf(line);
      rows.push({ section, cells: new Map(head.map((name, index) => [name, cells[index] ?? ''])) });
    }
  }
  return rows;
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

const ROWS = rowsOf(TEXT);

function rowOf(column: string, name: string): Row | undefined {
  const found = ROWS.filter(({ cells }) => cells.get(column) === `\`${name}\``);
  expect(found, `rows of ${name}`).toHaveLength(1);
  return found[0];
}

function sectionOf({ subject, kind }: MeasureInfo): string {
  if (subject === 'checks') return 'Checks';
  if (subject === 'scopes') return 'Scopes and runs';
  return { gauge: 'Gauges', flow: 'Flows', ratio: 'Ratios' }[kind];
}

describe('the documentation of measures', () => {
  it.each([...MEASURES])('says of %s what it is, its unit, when it is null, and an example', (name) => {
    const row = rowOf('measure', name);
    expect(row?.section).toBe(sectionOf(MEASURE[name]));
    expect(row?.cells.get('unit')).toBe(MEASURE[name].unit);
    const said = [...(row?.cells.values() ?? [])];
    expect(said).toHaveLength(5);
    expect(said).not.toContain('');
  });

  it('has no measure that is none', () => {
    const documented = ROWS.flatMap(({ cells }) => cells.get('measure') ?? []);
    expect(documented.toSorted()).toEqual(MEASURES.map((name) => `\`${name}\``).toSorted());
  });

  it('says null of what divides, and of nothing that counts findings or runs', () => {
    for (const name of MEASURES) {
      const { unit, subject } = MEASURE[name];
      const counts = (unit === 'count' || unit === 'points') && subject !== 'checks';
      expect([name, rowOf('measure', name)?.cells.get('null') === 'never']).toEqual([name, counts]);
    }
  });

  it('says the units as Grafana gets them', () => {
    for (const unit of ['count', 'ratio', 'milliseconds', 'points'] as const) {
      const row = ROWS.find(({ cells }) => cells.get('unit') === unit && cells.has('in Grafana'));
      expect(row?.cells.get('in Grafana')).toContain(`\`${unitOf(unit)}\``);
    }
  });

  it('adds every flow of findings to what was open, once, and its example is right', () => {
    const example = ROWS.find(({ cells }) => cells.has('`open` at from'));
    if (example === undefined) throw new Error('no table of flows');
    let open = 0;
    const flows: string[] = [];
    for (const [name, value] of example.cells) {
      const flow = /^([+−]) `(\w+)`$/.exec(name);
      if (flow === null) continue;
      flows.push(flow[2] ?? '');
      open += flow[1] === '+' ? Number(value) : -Number(value);
    }
    const all = MEASURES.filter(
      (name) => MEASURE[name].kind === 'flow' && MEASURE[name].subject === 'findings',
    );
    expect(flows.toSorted()).toEqual(all.toSorted());
    expect(Number(example.cells.get('`open` at from')) + open).toBe(
      Number(example.cells.get('= `open` at to')),
    );
  });
});

describe('the documentation of dimensions', () => {
  it.each([...DIMENSIONS, 'label:<name>'])('has %s', (name) => {
    const row = rowOf('dimension', name);
    const said = [...(row?.cells.values() ?? [])].join(' ');
    expect(said.includes('unbounded')).toBe(UNBOUNDED.has(name));
    expect(said.includes('several per finding')).toBe(MULTIPLE.has(name));
  });

  it.each([...FILTER_FIELDS])('has the filter %s', (name) => {
    expect(TEXT).toContain(`\`${name}\``);
  });
});
