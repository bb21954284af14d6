import type { TimeRange } from '@grafana/data';
import { useMemo } from 'react';
import { loadValues } from '../api/catalog';
import type { SightlineDataSource } from '../datasource';
import type { ValueSource } from './parts/value-options';

/** As many as somebody looks through; the rest is searched. */
const SHOWN = 100;
const MOST = 1_000;

/** Values in the range that is looked at, so that vanished accounts can still be chosen. */
export function useValueSource(datasource: SightlineDataSource, range: TimeRange | undefined): ValueSource {
  const from = range?.from.valueOf();
  const to = range?.to.valueOf();
  return useMemo((): ValueSource => {
    const time = from === undefined || to === undefined || from >= to ? {} : { from, to };
    return {
      values: (request) => loadValues(datasource.api, { limit: SHOWN, ...time, ...request }),
      names: async (dimension) => {
        const values = await loadValues(datasource.api, { dimension, limit: MOST });
        return new Map(values.map(({ value, text }) => [value, text]));
      },
    };
  }, [datasource, from, to]);
}
