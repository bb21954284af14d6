export { createAudit } from './audit.ts';
export {
  accessOf,
  addressOfCaller,
  authenticate,
  limitIngest,
  requireRole,
  requireWholeSight,
} from './middleware.ts';
export { noAccess } from './open.ts';
export { type AccessMode, openAccess, type OpenAccessOptions } from './options.ts';
export type { AccessOptions, Actor, Audit, AuditEntry, RateLimits } from './types.ts';
