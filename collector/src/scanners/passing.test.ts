import { describe, expect, it } from 'vitest';
import { ScanError, StoreError } from '../errors.ts';
import { mayPass } from './passing.ts';

const aws = (name: string, httpStatusCode: number): Error =>
  Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });
const refused = (cause?: unknown): ScanError => new ScanError('no keys', 'look', 'credentials', cause);

describe('what went wrong', () => {
  it.each([
    ['a store that is away', new StoreError('no answer', 'wait')],
    ['a full disk', Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })],
    ['a service that fails', refused(aws('InternalFailure', 500))],
    ['a service that throttles', refused(aws('Throttling', 400))],
    ['a network that is away', refused(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))],
  ])('may pass: %s', (_what, error) => {
    expect(mayPass(error)).toBe(true);
  });

  it.each([
    ['a target that is none', new ScanError('"-oN" is no target', 'look')],
    ['a variable that is not set', refused()],
    ['a file that is not there', refused(Object.assign(new Error('no'), { code: 'ENOENT' }))],
    ['a role that may not be taken on', refused(aws('AccessDenied', 403))],
    ['a token that has run out', refused(aws('ExpiredTokenException', 400))],
  ])('stays: %s', (_what, error) => {
    expect(mayPass(error)).toBe(false);
  });
});
