import { describe, expect, it } from 'vitest';
import { datedFilters } from './relative-days.ts';

const END = Date.UTC(2026, 10, 20, 9);

describe('days counted from the end of the range', () => {
  it('become dates, before and after it', () => {
    const filters = datedFilters(
      [
        { field: 'openedOn', operator: '>', values: ['-14d'] },
        { field: 'dueOn', operator: 'in', values: ['7d', '2026-12-24', ''] },
      ],
      END,
    );
    expect(filters.map(({ values }) => values)).toEqual([['2026-11-06'], ['2026-11-27', '2026-12-24', '']]);
  });

  it('are nothing else than text of other fields', () => {
    const filter = { field: 'resource', operator: '=', values: ['-14d'] } as const;
    expect(datedFilters([{ ...filter, values: ['-14d'] }], END)).toEqual([filter]);
  });
});
