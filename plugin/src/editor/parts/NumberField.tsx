import { EditorField } from '@grafana/plugin-ui';
import { Input } from '@grafana/ui';
import { type KeyboardEvent, useState } from 'react';

interface Props {
  readonly id: string;
  readonly label: string;
  readonly tooltip?: string;
  readonly value: number | undefined;
  /** What the server takes where nothing is said. */
  readonly standard?: number;
  readonly max: number;
  readonly onChange: (value: number | undefined) => void;
}

/** A whole number, taken over when it is typed to its end. */
export function NumberField({ id, label, tooltip, value, standard, max, onChange }: Props) {
  const [typed, setTyped] = useState<string | null>(null);
  const commit = (): void => {
    if (typed === null) return;
    setTyped(null);
    const number = typed.trim() === '' ? undefined : Number(typed);
    if (number !== value) onChange(number);
  };
  return (
    <EditorField label={label} {...(tooltip === undefined ? {} : { tooltip })} htmlFor={id}>
      <Input
        id={id}
        type="number"
        min={1}
        max={max}
        step={1}
        width={12}
        placeholder={standard === undefined ? '' : String(standard)}
        value={typed ?? value?.toString() ?? ''}
        onChange={(event) => setTyped(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event: KeyboardEvent) => {
          if (event.key === 'Enter') commit();
        }}
      />
    </EditorField>
  );
}
