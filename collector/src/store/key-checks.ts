import { StoreError } from '../errors.ts';
import { assertKey, isSwapped } from './object-store.ts';

/** @throws StoreError for a key that only `replace` may write */
export function assertWrittenWhole(key: string): void {
  assertKey(key);
  if (!isSwapped(key)) return;
  throw new StoreError(
    `${key} is changed by several writers and can't be overwritten blindly`,
    'This is a defect: such a key is written by a conditional write only.',
  );
}

/** @throws StoreError for a key that `replace` does not keep versions of */
export function assertSwapped(key: string): void {
  assertKey(key);
  if (isSwapped(key)) return;
  throw new StoreError(
    `${key} is no key for a conditional write`,
    'This is a defect: only heads and the current configuration are written by one.',
  );
}

/** The start of a key: its last part may be cut anywhere. @throws StoreError for anything else */
export function assertPrefix(prefix: string): void {
  // A letter completes what a prefix may leave open: `heads/`, or the dots that begin a name.
  if (prefix !== '') assertKey(`${prefix}x`);
}
