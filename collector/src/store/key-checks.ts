import { StoreError } from '../errors.ts';
import { assertKey, type ETag, isMadeOnce, isSwapped } from './object-store.ts';

/** @throws StoreError for a key that only `replace` may write */
export function assertWrittenWhole(key: string): void {
  assertKey(key);
  if (!isSwapped(key) && !isMadeOnce(key)) return;
  throw new StoreError(
    `${key} is written by several writers and can't be overwritten blindly`,
    'This is a defect: such a key is written by a conditional write only.',
  );
}

/** @throws StoreError for a key that `replace` does not write, or not over what is there */
export function assertConditional(key: string, expected: ETag | null): void {
  assertKey(key);
  if (isSwapped(key) || (isMadeOnce(key) && expected === null)) return;
  throw new StoreError(
    `${key} is no key for a conditional write`,
    'This is a defect: only heads, leases, messages, ledgers, the current configuration and entries of a log are written by one.',
  );
}

/** The start of a key: its last part may be cut anywhere. @throws StoreError for anything else */
export function assertPrefix(prefix: string): void {
  // A letter completes what a prefix may leave open: `heads/`, or the dots that begin a name.
  if (prefix !== '') assertKey(`${prefix}x`);
}
