import type { ComboboxOption } from '@grafana/ui';
import type { Catalog, DimensionValue, ValuesRequest } from '../../api/catalog';
import { explain } from '../../api/explain';
import { t } from '../../i18n';
import type { Filter } from '../../query/model';
import { hasReference } from '../../variables/references';
import { variableOptions } from '../variable-options';

/** Where values come from: the API, in the range of the panel. */
export interface ValueSource {
  readonly values: (request: ValuesRequest) => Promise<readonly DimensionValue[]>;
  /** Texts by value. */
  readonly names: (dimension: string) => Promise<ReadonlyMap<string, string>>;
}

/** Has no value: `""` in a query, which a list can't show. */
export const NONE = '\u0000none';
const MIN_SEARCH = 2;

export function decoded(value: string): string {
  return value === NONE ? '' : value;
}

export function labelled(value: string, texts: ReadonlyMap<string, string>): ComboboxOption {
  if (value === '') return { value: NONE, label: t('filters.none', 'none') };
  const text = texts.get(value);
  return text === undefined || text === value
    ? { value, label: value }
    : { value, label: `${text} (${value})` };
}

interface Asked {
  readonly field: string;
  readonly others: readonly Filter[];
  readonly catalog: Catalog | null;
  readonly source: ValueSource;
  readonly alerting: boolean;
}

/** What can be chosen while `input` is typed; a message in the list where there is nothing, and why. */
export async function optionsFor(asked: Asked, input: string): Promise<ComboboxOption[]> {
  const { field, catalog, alerting } = asked;
  const variables = alerting ? [] : variableOptions(input);
  const fixed = catalog?.filterFields.find(({ id }) => id === field);
  if (fixed !== undefined)
    return [
      ...fixed.values.filter((value) => value.includes(input)).map((value) => ({ value })),
      ...variables,
    ];
  const dimension = catalog?.dimensions.find(({ id }) => id === field);
  if (dimension?.bounded === false && input.length < MIN_SEARCH)
    return [message(t('filters.type', 'Type at least two characters to search')), ...variables];
  try {
    return [...(await found(asked, input)), ...none(input), ...variables];
  } catch (error) {
    return [message(explain(error)), ...variables];
  }
}

async function found({ field, others, source }: Asked, input: string): Promise<ComboboxOption[]> {
  // Values of variables are for the panel, not for its editor.
  const filters = others.filter(
    (filter) =>
      filter.field !== '' && filter.values.length > 0 && ![filter.field, ...filter.values].some(hasReference),
  );
  const values = await source.values({
    dimension: field,
    filters,
    ...(input === '' ? {} : { search: input }),
  });
  return values.map(({ value, text, count }) => ({
    value,
    label: text === value ? value : `${text} (${value})`,
    description: t('filters.count', '{{count}} open', { count }),
  }));
}

function none(input: string): ComboboxOption[] {
  const label = t('filters.none', 'none');
  return label.startsWith(input.toLowerCase()) ? [{ value: NONE, label }] : [];
}

function message(text: string): ComboboxOption {
  return { value: '', label: text, infoOption: true };
}
