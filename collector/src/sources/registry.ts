import type { SourceAdapter } from './adapter.ts';
import { falco } from './falco/index.ts';
import { nmap } from './nmap/index.ts';
import { prowler } from './prowler/index.ts';
import { scoutsuite } from './scoutsuite/index.ts';
import { trivy } from './trivy/index.ts';
import { zap } from './zap/index.ts';

/** Every source that can be read. A new one is its own folder and one line here. */
export const adapters: readonly SourceAdapter[] = [scoutsuite, prowler, nmap, trivy, falco, zap];
