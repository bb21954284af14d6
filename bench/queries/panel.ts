import type { z } from 'zod';
import type { FilterField } from '../../collector/src/warehouse/query/dimensions.ts';
import type { Filter, querySchema } from '../../collector/src/warehouse/query/request.ts';

type Without<T, K extends string> = T extends unknown ? Omit<T, K> : never;
type Asked = Without<z.input<typeof querySchema>, 'refId'>;

/** A panel of a dashboard: what it asks, with the variables set as the dashboard sets them. */
export interface Panel {
  readonly dashboard: string;
  readonly panel: string;
  readonly query: Asked;
  /** Days before now, or, where negative, after it. */
  readonly days: number;
  /** Whether a JSON file with what is open today can answer it, too (without its past). */
  readonly today: boolean;
}

/** What people choose at the top of a dashboard, taken from the estate. */
export interface Variables {
  /** With more open findings than any other. */
  readonly account: string;
  readonly cloud: string;
  readonly service: string;
  readonly rule: string;
  readonly teams: readonly string[];
  readonly framework: string;
  readonly resource: string;
  readonly fingerprint: string;
}

export const DEFAULT_DAYS = 90;

/** For the names of the panels only. */
export const NO_VARIABLES: Variables = {
  account: '-',
  cloud: '-',
  service: '-',
  rule: '-',
  teams: ['-'],
  framework: '-',
  resource: '-',
  fingerprint: '-',
};

export type Add = (
  panel: string,
  query: Asked,
  more?: { readonly days?: number; readonly today?: boolean },
) => Panel;

export function dashboard(name: string): Add {
  return (panel, query, { days = DEFAULT_DAYS, today = false } = {}) => ({
    dashboard: name,
    panel,
    query,
    days,
    today,
  });
}

export function is(field: FilterField, value: string): Filter {
  return { field, operator: '=', values: [value] };
}

export function among(field: FilterField, values: readonly string[]): Filter {
  return { field, operator: 'in', values: [...values] };
}
