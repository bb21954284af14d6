export { type Backlog, backlogOf } from './backlog.ts';
export { drain, type Drained, type DrainOptions } from './drain.ts';
export { envelopeOf } from './eventbridge.ts';
export { type Feed, FEEDS } from './keys.ts';
export { withoutSecretsIn } from './secrets.ts';
export { type Events, Spool, SpoolFullError, type SpoolLimits } from './spool.ts';
