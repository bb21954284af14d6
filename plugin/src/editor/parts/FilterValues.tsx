import { Combobox, type ComboboxOption, MultiCombobox } from '@grafana/ui';
import { useEffect, useState } from 'react';
import type { Catalog } from '../../api/catalog';
import { t } from '../../i18n';
import type { Filter } from '../../query/model';
import { TextInput } from './TextInput';
import { decoded, labelled, NONE, optionsFor, type ValueSource } from './value-options';

interface Props {
  readonly id: string;
  readonly filter: Filter;
  readonly others: readonly Filter[];
  readonly catalog: Catalog | null;
  readonly source: ValueSource;
  readonly alerting: boolean;
  readonly onChange: (filter: Filter) => void;
}

const TYPED: ReadonlySet<string> = new Set(['search', 'fingerprint', 'score', 'mute']);

/** Values of a filter: chosen among those that there are, or typed. */
export function FilterValues({ id, filter, others, catalog, source, alerting, onChange }: Props) {
  const { field, operator, values } = filter;
  const texts = useTexts(filter, source);
  const several = operator === 'in' || operator === 'notIn';
  const typed = operator === '=~' || operator === '!~' || (TYPED.has(field) && !several);
  if (typed)
    return (
      <TextInput
        id={id}
        value={values[0] ?? ''}
        width={28}
        placeholder={placeholderOf(filter)}
        onChange={(text) => onChange({ ...filter, values: text === '' ? [] : [text] })}
      />
    );
  const load = (input: string): Promise<ComboboxOption[]> =>
    optionsFor({ field, others, catalog, source, alerting }, input);
  const shown = values.map((value) => labelled(value, texts));
  const common = {
    id,
    options: load,
    createCustomValue: true,
    disabled: field === '',
    placeholder: placeholderOf(filter),
    'aria-labelledby': `${id}-label`,
    width: 'auto',
    minWidth: several ? 24 : 18,
    maxWidth: 60,
  } as const;
  if (several)
    return (
      <MultiCombobox
        // Options are those of the field.
        key={field}
        {...common}
        value={shown}
        onChange={(chosen) => onChange({ ...filter, values: chosen.map((one) => decoded(one.value)) })}
      />
    );
  return (
    <Combobox
      key={field}
      {...common}
      value={shown[0] ?? null}
      onChange={({ value }) => onChange({ ...filter, values: [decoded(value)] })}
    />
  );
}

function placeholderOf({ field, operator }: Filter): string {
  if (operator === '=~' || operator === '!~') return t('filters.expression', 'Expression, such as prod-.*');
  if (field === 'search') return t('filters.search', 'Part of title, rule, resource');
  return t('filters.choose-value', 'Value');
}

/** Names of accounts that are saved by their ids. */
function useTexts({ field, values }: Filter, source: ValueSource): ReadonlyMap<string, string> {
  const [texts, setTexts] = useState<ReadonlyMap<string, string>>(new Map());
  const wanted = field === 'account' && values.some((value) => value !== NONE && value !== '');
  const { names } = source;
  useEffect(() => {
    if (!wanted) return;
    let shown = true;
    names(field).then(
      (found) => {
        if (shown) setTexts(found);
      },
      // Without names the ids are shown.
      () => undefined,
    );
    return () => {
      shown = false;
    };
  }, [wanted, field, names]);
  return texts;
}
