import { AccessoryButton, InputGroup } from '@grafana/plugin-ui';
import { Combobox, type ComboboxOption } from '@grafana/ui';
import type { Catalog, Subject } from '../../api/catalog';
import { t } from '../../i18n';
import type { Filter, FilterOperator } from '../../query/model';
import { operators } from '../choices';
import { FilterValues } from './FilterValues';
import { LabelledBy } from './LabelledBy';
import type { ValueSource } from './value-options';

interface Props {
  readonly id: string;
  readonly index: number;
  readonly filter: Filter;
  /** Values are offered under these. */
  readonly others: readonly Filter[];
  readonly catalog: Catalog | null;
  readonly subjects: readonly Subject[];
  readonly source: ValueSource;
  readonly alerting: boolean;
  readonly onChange: (filter: Filter) => void;
  readonly onRemove: () => void;
}

export function FilterRow({ id, index, filter, catalog, subjects, onChange, onRemove, ...rest }: Props) {
  const { field, operator, values } = filter;
  const number = index + 1;
  return (
    <InputGroup>
      <LabelledBy id={`${id}-field`} label={t('filters.field', 'Field of filter {{number}}', { number })}>
        <Combobox
          id={`${id}-field`}
          aria-labelledby={`${id}-field-label`}
          placeholder={t('filters.choose-field', 'Field')}
          options={fieldOptions(catalog, subjects, field)}
          loading={catalog === null}
          createCustomValue
          value={field === '' ? null : field}
          width="auto"
          minWidth={14}
          maxWidth={30}
          onChange={(chosen) => onChange(ofField(chosen.value, filter))}
        />
      </LabelledBy>
      <LabelledBy
        id={`${id}-operator`}
        label={t('filters.operator', 'Operator of filter {{number}}', { number })}
      >
        <Combobox
          id={`${id}-operator`}
          aria-labelledby={`${id}-operator-label`}
          options={operators()}
          value={operator}
          width="auto"
          minWidth={11}
          maxWidth={16}
          onChange={(chosen) =>
            onChange({ ...filter, operator: chosen.value, values: fitting(chosen.value, values) })
          }
        />
      </LabelledBy>
      <LabelledBy id={`${id}-value`} label={t('filters.value', 'Value of filter {{number}}', { number })}>
        <FilterValues {...rest} id={`${id}-value`} filter={filter} catalog={catalog} onChange={onChange} />
      </LabelledBy>
      <AccessoryButton
        aria-label={t('filters.remove', 'Remove filter {{number}}', { number })}
        icon="times"
        variant="secondary"
        onClick={onRemove}
      />
    </InputGroup>
  );
}

/** Another field has other values. */
function ofField(field: string, filter: Filter): Filter {
  return field === filter.field ? filter : { ...filter, field, values: [] };
}

function fitting(operator: FilterOperator, values: string[]): string[] {
  return operator === 'in' || operator === 'notIn' ? values : values.slice(0, 1);
}

function fieldOptions(
  catalog: Catalog | null,
  subjects: readonly Subject[],
  current: string,
): ComboboxOption[] {
  const dimensions = (catalog?.dimensions ?? []).filter((dimension) =>
    subjects.every((subject) => dimension.subjects.includes(subject)),
  );
  const more = subjects.every((subject) => subject === 'findings') ? (catalog?.filterFields ?? []) : [];
  const options = [...dimensions, ...more].map(({ id, label, description }) => ({
    value: id,
    label,
    description,
  }));
  return current === '' || options.some(({ value }) => value === current)
    ? options
    : [...options, { value: current }];
}
