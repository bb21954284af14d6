import type { Finding } from '../../findings/finding.ts';
import { STATE_COLUMNS } from '../state-file.ts';
import type { Column } from '../table.ts';
import type { DeltaColumn } from './columns.ts';
import { compareTexts, SCOPE_COLUMNS, snakeCase, type TableSpec } from './spec.ts';

const OF_SCOPE = new Set(['source', 'cloud', 'account']);
const BOUNDS = new Set(['region', 'service', 'class', 'ruleId', 'severity', 'scanner', 'firstSeen']);

/** In the order of the state's own; what a scope's columns say already is left out. */
const REST = STATE_COLUMNS.filter(({ name }) => !OF_SCOPE.has(name));

const COLUMNS: readonly DeltaColumn[] = [
  ...SCOPE_COLUMNS,
  { name: 'generation', type: 'int', required: true, bounds: true },
  { name: 'seq', type: 'int', required: true, bounds: true },
  ...REST.map(({ name, type, required }): DeltaColumn => ({
    name: snakeCase(name),
    type: type === 'id' ? 'text' : type,
    required: required === true,
    bounds: BOUNDS.has(name),
  })),
];

/** The verdict and the mute of a finding lie in columns of their own. */
const NESTED: Readonly<Record<string, (finding: Finding) => unknown>> = {
  verdict: ({ verdict }) => verdict?.kind,
  verdictUntil: ({ verdict }) => verdict?.until,
  verdictBy: ({ verdict }) => verdict?.by,
  verdictReason: ({ verdict }) => verdict?.reason,
  verdictAt: ({ verdict }) => verdict?.at,
  verdictId: ({ verdict }) => verdict?.id,
  mute: ({ mute }) => mute?.rule,
  muteUntil: ({ mute }) => mute?.until,
  muteOwner: ({ mute }) => mute?.owner,
  muteReason: ({ mute }) => mute?.reason,
};

const VALUES = REST.map(valueOf);

function valueOf({ name }: Column): (finding: Finding) => unknown {
  const nested = NESTED[name];
  if (nested !== undefined) return nested;
  return (finding): unknown => Reflect.get(finding, name);
}

/** One row per finding, as it is now. */
export const FINDINGS_TABLE: TableSpec<Finding> = {
  name: 'findings',
  columns: COLUMNS,
  grows: false,
  countOf: ({ state }) => state?.rows ?? 0,
  async *rowsOf(committer, head) {
    const { findings } = await committer.stateFor(head);
    yield [...findings.values()];
  },
  compare: (a, b) =>
    compareTexts(a.service, b.service) ||
    compareTexts(a.ruleId, b.ruleId) ||
    compareTexts(a.region, b.region) ||
    compareTexts(a.resourceId, b.resourceId) ||
    compareTexts(a.fingerprint, b.fingerprint),
  fill({ scope, source, cloud, account, generation, seq }, finding, cells) {
    cells[0] = scope;
    cells[1] = source;
    cells[2] = cloud;
    cells[3] = account;
    cells[4] = generation;
    cells[5] = seq;
    for (let column = 0; column < VALUES.length; column++) cells[column + 6] = VALUES[column]?.(finding);
  },
};
