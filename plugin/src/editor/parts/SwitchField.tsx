import { EditorField } from '@grafana/plugin-ui';
import { InlineSwitch } from '@grafana/ui';

interface Props {
  readonly id: string;
  readonly label: string;
  readonly tooltip?: string;
  readonly value: boolean;
  readonly onChange: (value: boolean) => void;
}

export function SwitchField({ id, label, tooltip, value, onChange }: Props) {
  return (
    <EditorField label={label} {...(tooltip === undefined ? {} : { tooltip })} htmlFor={id}>
      <InlineSwitch id={id} value={value} onChange={(event) => onChange(event.currentTarget.checked)} />
    </EditorField>
  );
}
