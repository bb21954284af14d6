import type { CheckStats } from '../../findings/model.ts';
import type { RunRecord } from '../commit-file.ts';
import type { DeltaColumn } from './columns.ts';
import { commitsAfter, compareTexts, SCOPE_COLUMNS, type TableSpec } from './spec.ts';

interface CheckRow {
  readonly seq: number;
  readonly run: RunRecord;
  /** null of a run that says nothing by service. */
  readonly service: string | null;
  readonly stats: CheckStats | null;
}

const COLUMNS: readonly DeltaColumn[] = [
  ...SCOPE_COLUMNS,
  { name: 'generation', type: 'int', required: true, bounds: true },
  { name: 'seq', type: 'int', required: true, bounds: true },
  { name: 'run_id', type: 'text', required: true },
  { name: 'at', type: 'time', required: true, bounds: true },
  { name: 'committed_at', type: 'time', required: true, bounds: true },
  { name: 'mode', type: 'text', required: true },
  { name: 'outcome', type: 'text', required: true, bounds: true },
  { name: 'reason', type: 'text' },
  { name: 'late', type: 'flag', required: true },
  { name: 'source_version', type: 'text' },
  { name: 'observed', type: 'int', required: true },
  { name: 'suppressed', type: 'int', required: true },
  { name: 'passed', type: 'int', required: true },
  { name: 'cells', type: 'int', required: true },
  { name: 'rules', type: 'int', required: true },
  { name: 'rules_expected', type: 'int' },
  { name: 'duration_ms', type: 'int' },
  { name: 'notes', type: 'list', required: true },
  { name: 'covered', type: 'list', required: true },
  { name: 'service', type: 'text', bounds: true },
  { name: 'checked', type: 'int' },
  { name: 'flagged', type: 'int' },
  { name: 'resources', type: 'int' },
];

/** One row per run and service. */
export const CHECKS_TABLE: TableSpec<CheckRow> = {
  name: 'checks',
  columns: COLUMNS,
  grows: true,
  countOf({ segments, commits, checks }, after) {
    const perRun = Math.max(1, Object.keys(checks).length);
    const folded = segments.filter(({ to }) => to > after).reduce((sum, segment) => sum + segment.commits, 0);
    return perRun * (folded + commits.filter(({ seq, kind }) => seq > after && kind === 'run').length);
  },
  async *rowsOf(committer, head, after) {
    for await (const { commit } of commitsAfter(committer.store, head, after)) {
      const { seq, run } = commit;
      if (run === null) continue;
      const services = Object.entries(run.checks);
      yield services.length === 0
        ? [{ seq, run, service: null, stats: null }]
        : services.map(([service, stats]) => ({ seq, run, service, stats }));
    }
  },
  compare: (a, b) => compareTexts(a.service ?? '', b.service ?? '') || a.seq - b.seq,
  fill({ scope, source, cloud, account, generation }, { seq, run, service, stats }, cells) {
    const values = [
      ...[scope, source, cloud, account, generation, seq],
      ...[run.runId, run.observedAt, run.committedAt, run.mode, run.outcome, run.reason, run.late],
      ...[
        run.sourceVersion,
        run.observed,
        run.suppressed,
        run.passed,
        run.cells,
        run.rules,
        run.rulesExpected,
      ],
      run.durationMs,
      ...[run.notes, run.covered, service, stats?.checked, stats?.flagged, stats?.resources],
    ];
    for (const [column, value] of values.entries()) cells[column] = value;
  },
};
