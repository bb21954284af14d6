import { EditorField } from '@grafana/plugin-ui';
import { Combobox, type ComboboxOption } from '@grafana/ui';

interface Props<T extends string> {
  readonly id: string;
  readonly label: string;
  readonly tooltip?: string;
  readonly options: ComboboxOption<T>[];
  readonly value: T;
  readonly width?: number;
  /** Whether something that is not in the list can be typed. */
  readonly custom?: boolean;
  readonly onChange: (value: T) => void;
}

/** One of a few. */
export function ChoiceField<T extends string>({
  label,
  tooltip,
  custom = false,
  onChange,
  ...rest
}: Props<T>) {
  const known = rest.options.some(({ value }) => value === rest.value);
  const options = known ? rest.options : [...rest.options, { value: rest.value }];
  return (
    <EditorField label={label} {...(tooltip === undefined ? {} : { tooltip })} htmlFor={rest.id}>
      <Combobox
        {...rest}
        options={options}
        createCustomValue={custom}
        width={rest.width ?? 20}
        onChange={({ value }) => onChange(value)}
      />
    </EditorField>
  );
}
