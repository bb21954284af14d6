import type { LoadedConfig } from '../config/index.ts';
import type { Committer } from '../lake/committer.ts';
import { type Published, publishReport } from '../reports/publish.ts';
import { collectorVersion } from './context.ts';

/** Makes and publishes the report as the configuration wants it. @throws StoreError */
export function publish(committer: Committer, config: LoadedConfig): Promise<Published> {
  return publishReport(committer, { version: collectorVersion(), ...config.report });
}
