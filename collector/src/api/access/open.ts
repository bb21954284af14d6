import type { Logger } from 'pino';
import { FULL_ACCESS } from '../../warehouse/access.ts';
import type { AccessOptions } from './types.ts';

/** Everybody who reaches the server may do everything. */
export function noAccess(log: Logger): AccessOptions {
  return { checks: null, everyone: FULL_ACCESS, rateLimit: null, proxies: 0, log };
}
