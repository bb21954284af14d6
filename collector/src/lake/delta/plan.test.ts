import { describe, expect, it } from 'vitest';
import { groupOf, planOf, type Wanted } from './plan.ts';
import type { Hold, Share, Snapshot, TableFile } from './snapshot.ts';

const idOf = (scope: string): string => `id-${scope}`;

function wanted(scope: string, seq: number, rows: number, newRows = 0, generation = 1): Wanted {
  return { scope, scopeId: idOf(scope), generation, seq, rows, newRows };
}

function file(group: number | null, rows: number, scopes: Record<string, Share> = {}): TableFile {
  const path = `${String(group)}-${rows}-${Math.random()}.parquet`;
  return {
    path,
    size: rows,
    modifiedAt: 0,
    rows,
    stats: '{}',
    digest: '',
    group,
    scopes: new Map(Object.entries(scopes)),
  };
}

function snapshot(groups: number, holds: Record<string, Hold>, files: readonly TableFile[]): Snapshot {
  return {
    version: 3,
    id: 'id',
    createdAt: 0,
    schema: 's',
    groups,
    holds: new Map(Object.entries(holds)),
    files: new Map(files.map((one) => [one.path, one])),
    removed: new Map(),
  };
}

const hold = (seq: number, generation = 1): Hold => ({ generation, seq, nonce: 'n' });

describe('a compact', () => {
  it('writes everything where there is no table, or one of other columns', () => {
    expect(planOf(null, 's', [wanted('a', 1, 10)], [], true, idOf)).toEqual({
      groups: 1,
      rewrite: new Set([0]),
      fresh: 'keep',
    });
    const there = snapshot(1, { a: hold(1) }, [file(0, 10)]);
    expect(planOf(there, 'other', [wanted('a', 1, 10)], [], true, idOf)?.rewrite).toEqual(new Set([0]));
  });

  it('makes so many groups that each has about half a million rows', () => {
    const groups = (rows: number) => planOf(null, 's', [wanted('a', 1, rows)], [], true, idOf)?.groups;
    expect([0, 1, 500_000, 500_001, 4_000_000, 8_000_000].map(groups)).toEqual([1, 1, 1, 2, 8, 16]);
  });

  it('does nothing where the table holds all, also when a head was folded meanwhile', () => {
    const there = snapshot(1, { a: hold(4) }, [file(0, 10)]);
    expect(planOf(there, 's', [wanted('a', 4, 10)], [], true, idOf)).toBeNull();
    expect(planOf(there, 's', [wanted('a', 4, 10)], [], false, idOf)).toBeNull();
  });

  it('appends what is new of a table that grows, and merges when there are eight such files', () => {
    const fresh = Array.from({ length: 8 }, () => file(null, 100));
    const few = snapshot(1, { a: hold(4) }, [file(0, 1000), ...fresh.slice(1)]);
    expect(planOf(few, 's', [wanted('a', 5, 1100, 100)], [], true, idOf)).toEqual({
      groups: 1,
      rewrite: new Set(),
      fresh: 'append',
    });
    const many = snapshot(1, { a: hold(4) }, [file(0, 1000), ...fresh]);
    expect(planOf(many, 's', [wanted('a', 5, 1100, 100)], [], true, idOf)?.fresh).toBe('merge');
  });

  it('writes everything anew when a quarter of it is fresh', () => {
    const there = snapshot(1, { a: hold(4) }, [file(0, 320_000), file(null, 70_000)]);
    const plan = (newRows: number) =>
      planOf(there, 's', [wanted('a', 5, 390_000 + newRows, newRows)], [], true, idOf)?.rewrite.size;
    expect(plan(10_000)).toBe(0);
    expect(plan(10_001)).toBe(1);
  });

  it('writes the group of a scope of another generation, or of an earlier point, or that is gone', () => {
    const scopes = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const holds = Object.fromEntries(scopes.map((scope) => [scope, hold(4)]));
    const there = snapshot(4, holds, [
      file(0, 600_000),
      file(1, 600_000),
      file(2, 600_000),
      file(3, 600_000),
    ]);
    const others = scopes.slice(1).map((scope) => wanted(scope, 4, 300_000));
    const group = new Set([groupOf(idOf('a'), 4)]);
    for (const changed of [wanted('a', 4, 300_000, 0, 2), wanted('a', 3, 300_000)]) {
      expect(planOf(there, 's', [changed, ...others], [], true, idOf)).toEqual({
        groups: 4,
        rewrite: group,
        fresh: 'merge',
      });
    }
    expect(planOf(there, 's', others, ['a'], true, idOf)?.rewrite).toEqual(group);
  });

  it('writes the groups of all changed scopes of a table whose rows change', () => {
    const there = snapshot(4, { a: hold(4), b: hold(4) }, [file(0, 1_200_000), file(1, 800_000)]);
    const plan = planOf(there, 's', [wanted('a', 5, 1_000_000), wanted('b', 4, 1_000_000)], [], false, idOf);
    expect(plan).toEqual({ groups: 4, rewrite: new Set([groupOf(idOf('a'), 4)]), fresh: 'keep' });
  });

  it('makes other groups when a table has outgrown them, or has become small', () => {
    const there = snapshot(2, { a: hold(4) }, [file(0, 900_000), file(1, 900_000)]);
    const groups = (rows: number) => planOf(there, 's', [wanted('a', 5, rows, 1)], [], true, idOf)?.groups;
    expect([1_900_000, 2_000_001, 250_000, 249_999].map(groups)).toEqual([2, 8, 2, 1]);
  });

  it('spreads scopes evenly', () => {
    const counts = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let n = 0; n < 4000; n++) {
      const group = groupOf(`prowler-aws-${n}`, 8);
      counts[group] = (counts[group] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(400);
    expect(Math.max(...counts)).toBeLessThan(600);
  });
});
