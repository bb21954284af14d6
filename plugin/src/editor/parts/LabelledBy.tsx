import { css } from '@emotion/css';
import type { ReactNode } from 'react';

interface Props {
  /** Of the input; its label is `<id>-label`. */
  readonly id: string;
  readonly label: string;
  readonly children: ReactNode;
}

/** A label that only screen readers read, where what is seen says the same by its place. */
export function LabelledBy({ id, label, children }: Props) {
  return (
    <div className={inline}>
      <label id={`${id}-label`} htmlFor={id} className={hidden}>
        {label}
      </label>
      {children}
    </div>
  );
}

const inline = css({ position: 'relative' });

const hidden = css({
  position: 'absolute',
  width: 1,
  height: 1,
  overflow: 'hidden',
  clipPath: 'inset(50%)',
  whiteSpace: 'nowrap',
});
