import type { SourceAdapter } from './adapter.ts';
import { prowler } from './prowler/index.ts';
import { scoutsuite } from './scoutsuite/index.ts';

/** Every source that can be read. A new one is its own folder and one line here. */
export const adapters: readonly SourceAdapter[] = [scoutsuite, prowler];
