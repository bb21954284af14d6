import { type ComboboxOption, MultiCombobox } from '@grafana/ui';
import type { Catalog, Subject } from '../../api/catalog';
import { t } from '../../i18n';
import { variableOptions } from '../variable-options';

interface Props {
  readonly id: string;
  readonly value: readonly string[];
  readonly catalog: Catalog | null;
  /** Of what is measured: only dimensions that all of them have are offered. */
  readonly subjects: readonly Subject[];
  /** Whether dimensions without a bound are offered, as only tables bear them. */
  readonly unbounded: boolean;
  readonly alerting: boolean;
  readonly onChange: (dimensions: string[]) => void;
}

export function GroupPicker({ id, value, catalog, subjects, unbounded, alerting, onChange }: Props) {
  const dimensions = (catalog?.dimensions ?? []).filter(
    (dimension) =>
      (unbounded || dimension.bounded) && subjects.every((subject) => dimension.subjects.includes(subject)),
  );
  const known = dimensions.map((dimension): ComboboxOption => {
    const isLabel = dimension.id.startsWith('label:');
    return {
      value: dimension.id,
      label: dimension.label,
      description: dimension.description,
      group: isLabel ? t('group-by.labels', 'Labels') : t('group-by.dimensions', 'Dimensions'),
    };
  });
  const variables = alerting ? [] : variableOptions();
  const offered = new Set([...known, ...variables].map((option) => option.value));
  const others = value.filter((name) => !offered.has(name)).map((name) => ({ value: name }));
  return (
    <MultiCombobox
      id={id}
      options={[...known, ...variables, ...others]}
      value={[...value]}
      loading={catalog === null}
      placeholder={t('group-by.placeholder', 'Nothing: one total')}
      width="auto"
      minWidth={24}
      maxWidth={60}
      onChange={(chosen) => onChange(chosen.map((one) => one.value))}
    />
  );
}
