import { run } from '../../collector/src/findings/testing/builders.ts';
import type { Change } from '../../collector/src/lake/advance.ts';

/** A run as a committer takes it, of a report that is called like the run. */
export function runChange(parts: Parameters<typeof run>[0]): Change {
  const { runId: id, observedAt, declaredComplete, identity, report } = run(parts);
  const { source } = report;
  return {
    input: {
      ...{ kind: 'run', id, observedAt, declaredComplete, source, identity },
      ...{ durationMs: null, outcome: null, companion: null },
      raw: { key: `raw/${source}/${id}.json.zst`, digest: id, bytes: 1, name: id },
    },
    report,
  };
}
