import { Input } from '@grafana/ui';
import { type ComponentProps, useState } from 'react';

type Props = Omit<ComponentProps<typeof Input>, 'onChange' | 'onBlur' | 'value'> & {
  readonly value: string;
  readonly onChange: (value: string) => void;
};

/** A text, taken over when it is typed to its end: half of it is mostly wrong. */
export function TextInput({ value, onChange, ...rest }: Props) {
  const [typed, setTyped] = useState<string | null>(null);
  const commit = (): void => {
    if (typed === null) return;
    setTyped(null);
    if (typed !== value) onChange(typed);
  };
  return (
    <Input
      {...rest}
      value={typed ?? value}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === 'Enter') commit();
      }}
    />
  );
}
