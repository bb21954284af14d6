import { Combobox, type ComboboxOption, MultiCombobox } from '@grafana/ui';
import type { Catalog, Measure, Subject } from '../../api/catalog';
import { t } from '../../i18n';

interface Props {
  readonly id: string;
  readonly value: readonly string[];
  readonly catalog: Catalog | null;
  /** One measure only, as alert rules and flame graphs take it. */
  readonly single?: boolean;
  readonly onChange: (measures: string[]) => void;
}

export function MeasurePicker({ id, value, catalog, single = false, onChange }: Props) {
  const options = optionsOf(catalog?.measures ?? [], value);
  const common = {
    id,
    options,
    loading: catalog === null,
    placeholder: t('measures.placeholder', 'Choose what to count'),
    width: 'auto',
    minWidth: 24,
    maxWidth: 60,
  } as const;
  if (single && value.length <= 1)
    return (
      <Combobox {...common} value={value[0] ?? null} onChange={({ value: measure }) => onChange([measure])} />
    );
  return (
    <MultiCombobox
      {...common}
      value={[...value]}
      onChange={(chosen) => onChange(chosen.map((one) => one.value))}
    />
  );
}

function optionsOf(measures: readonly Measure[], chosen: readonly string[]): ComboboxOption[] {
  const known = measures.map(({ id, label, description, subject, kind }) => ({
    value: id,
    label,
    description,
    group: groupOf(subject, kind),
  }));
  // What is saved is shown also where the server does not know it.
  const others = chosen.filter((id) => !measures.some((measure) => measure.id === id));
  return [...known, ...others.map((value) => ({ value }))];
}

function groupOf(subject: Subject, kind: Measure['kind']): string {
  if (subject === 'checks') return t('measures.checks', 'Checks');
  if (subject === 'scopes') return t('measures.scopes', 'Scans');
  switch (kind) {
    case 'gauge':
      return t('measures.gauges', 'Findings at a moment');
    case 'flow':
      return t('measures.flows', 'Findings that came and went');
    case 'ratio':
      return t('measures.ratios', 'Ratios and times');
  }
}
