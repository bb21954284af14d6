import { ScanError } from '../errors.ts';

/** What stays as it is until somebody mends it. */
const LASTING = new Set(['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR']);
/** Called so by services of AWS that answer 400 all the same. */
const THROTTLED = /throttl|toomanyrequests|limitexceeded|slowdown|idpcommunicationerror/i;

/** Whether what went wrong before anything was scanned may be otherwise a minute later: an overloaded service, a store that is away. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof ScanError)) return true;
  const { cause } = error;
  if (!(cause instanceof Error)) return false;
  if ('code' in cause && typeof cause.code === 'string' && LASTING.has(cause.code)) return false;
  const status = statusOf(cause);
  return status === undefined || status >= 500 || status === 429 || THROTTLED.test(cause.name);
}

function statusOf(error: Error): number | undefined {
  if (!('$metadata' in error) || typeof error.$metadata !== 'object' || error.$metadata === null)
    return undefined;
  const { $metadata: about } = error;
  return 'httpStatusCode' in about && typeof about.httpStatusCode === 'number'
    ? about.httpStatusCode
    : undefined;
}
