import type { Finding, Findings, Mute, Verdict } from '../findings/finding.ts';
import { type Column, decodeTable, encodeRows, type Table } from './table.ts';

/** Columns that a finding has as they are. The nested verdict and mute are spread over columns of their own below. */
const PLAIN = [
  { name: 'fingerprint', type: 'id', required: true },
  { name: 'source', type: 'text', required: true },
  { name: 'sourceVersion', type: 'text' },
  { name: 'cloud', type: 'text', required: true },
  { name: 'account', type: 'text', required: true },
  { name: 'accountName', type: 'text' },
  { name: 'reportedAccountName', type: 'text' },
  { name: 'region', type: 'text', required: true },
  { name: 'service', type: 'text', required: true },
  { name: 'cell', type: 'text', required: true },
  { name: 'class', type: 'text', required: true },
  { name: 'ruleId', type: 'text', required: true },
  { name: 'resourceType', type: 'text' },
  { name: 'resourceId', type: 'text', required: true },
  { name: 'resourceName', type: 'text' },
  { name: 'locator', type: 'text', required: true },
  { name: 'title', type: 'text', required: true },
  { name: 'description', type: 'text' },
  { name: 'remediation', type: 'text' },
  { name: 'references', type: 'list', required: true },
  { name: 'severity', type: 'text', required: true },
  { name: 'score', type: 'int', required: true },
  { name: 'severityOriginal', type: 'text' },
  { name: 'mappedSeverity', type: 'text', required: true },
  { name: 'mappedScore', type: 'int', required: true },
  { name: 'cve', type: 'list', required: true },
  { name: 'cwe', type: 'list', required: true },
  { name: 'cvss', type: 'real' },
  { name: 'package', type: 'text' },
  { name: 'fixedVersion', type: 'text' },
  { name: 'frameworks', type: 'list', required: true },
  { name: 'tags', type: 'pairs', required: true },
  { name: 'labels', type: 'pairs', required: true },
  { name: 'team', type: 'text' },
  { name: 'environment', type: 'text' },
  { name: 'occurrences', type: 'int', required: true },
  { name: 'correlationKey', type: 'text' },
  { name: 'sourceFindingId', type: 'text' },
  { name: 'runId', type: 'text', required: true },
  { name: 'scanner', type: 'text', required: true },
  { name: 'openedCause', type: 'text', required: true },
  { name: 'closedCause', type: 'text' },
  { name: 'firstSeen', type: 'time', required: true },
  { name: 'lastSeen', type: 'time', required: true },
  { name: 'fixedAt', type: 'time' },
  { name: 'reopenedAt', type: 'time' },
  { name: 'reopenCount', type: 'int', required: true },
  { name: 'dueAt', type: 'time' },
] as const satisfies readonly (Column & { name: keyof Finding })[];

const VERDICT = [
  { name: 'verdict', type: 'text' },
  { name: 'verdictUntil', type: 'time' },
  { name: 'verdictBy', type: 'text' },
  { name: 'verdictReason', type: 'text' },
  { name: 'verdictAt', type: 'time' },
  { name: 'verdictId', type: 'text' },
] as const satisfies readonly Column[];

const MUTE = [
  { name: 'mute', type: 'text' },
  { name: 'muteUntil', type: 'time' },
  { name: 'muteOwner', type: 'text' },
  { name: 'muteReason', type: 'text' },
] as const satisfies readonly Column[];

export const STATE_COLUMNS: readonly Column[] = [...PLAIN, ...VERDICT, ...MUTE];

const STATE_FORMAT = '1';

/** One row per finding, sorted so that like values lie together: that is most of what makes the file small. */
export function encodeState(findings: Findings, scope: string): Promise<Buffer> {
  const rows = [...findings.values()].sort(byPlace);
  return encodeRows(STATE_COLUMNS, rows.length, { format: STATE_FORMAT, scope }, (row, cells) => {
    const finding = rows[row];
    if (finding === undefined) return;
    let at = 0;
    for (const { name } of PLAIN) cells[at++] = finding[name];
    const { verdict, mute } = finding;
    cells[at++] = verdict?.kind;
    cells[at++] = verdict?.until;
    cells[at++] = verdict?.by;
    cells[at++] = verdict?.reason;
    cells[at++] = verdict?.at;
    cells[at++] = verdict?.id;
    cells[at++] = mute?.rule;
    cells[at++] = mute?.until;
    cells[at++] = mute?.owner;
    cells[at] = mute?.reason;
  });
}

function byPlace(a: Finding, b: Finding): number {
  return (
    compare(a.service, b.service) ||
    compare(a.ruleId, b.ruleId) ||
    compare(a.region, b.region) ||
    compare(a.resourceId, b.resourceId) ||
    compare(a.fingerprint, b.fingerprint)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** @throws SightlineError `corrupt` */
export async function decodeState(bytes: Buffer, key: string): Promise<Map<string, Finding>> {
  const table = await decodeTable(STATE_COLUMNS, bytes, key);
  const findings = new Map<string, Finding>();
  for (let row = 0; row < table.rows; row++) {
    // A copy with every field in place: an object that grows field by field takes four times the memory.
    const finding: Record<string, unknown> = { ...BLANK };
    for (let column = 0; column < PLAIN.length; column++) {
      const name = PLAIN[column]?.name;
      if (name !== undefined) finding[name] = table.values[column]?.[row] ?? null;
    }
    finding.verdict = nested(table, row, VERDICT_FIELDS, PLAIN.length);
    finding.mute = nested(table, row, MUTE_FIELDS, PLAIN.length + VERDICT.length);
    // The columns above are exactly the fields of a finding, and only encodeState writes such files.
    const made = finding as unknown as Finding;
    findings.set(made.fingerprint, made);
  }
  return findings;
}

const VERDICT_FIELDS = [
  'kind',
  'until',
  'by',
  'reason',
  'at',
  'id',
] as const satisfies readonly (keyof Verdict)[];
const MUTE_FIELDS = ['rule', 'until', 'owner', 'reason'] as const satisfies readonly (keyof Mute)[];

/** The object whose fields lie in the columns from `first` on; null where the first of them is. */
function nested(
  { values }: Table,
  row: number,
  fields: readonly string[],
  first: number,
): Record<string, unknown> | null {
  if ((values[first]?.[row] ?? null) === null) return null;
  return Object.fromEntries(fields.map((field, index) => [field, values[first + index]?.[row] ?? null]));
}

/** The layout of a finding, in the order in which a run makes them. */
const BLANK: Finding = {
  fingerprint: '',
  cell: '',
  correlationKey: null,
  sourceFindingId: null,
  class: 'compliance',
  region: '',
  service: '',
  resourceType: null,
  resourceId: '',
  resourceName: null,
  locator: '',
  ruleId: '',
  title: '',
  description: null,
  remediation: null,
  references: [],
  severity: 'INFORMATIONAL',
  score: 0,
  severityOriginal: null,
  cve: [],
  cwe: [],
  cvss: null,
  package: null,
  fixedVersion: null,
  frameworks: [],
  tags: {},
  occurrences: 1,
  accountName: null,
  team: null,
  environment: null,
  labels: {},
  mute: null,
  mappedSeverity: 'INFORMATIONAL',
  mappedScore: 0,
  source: '',
  sourceVersion: null,
  cloud: '',
  account: '',
  reportedAccountName: null,
  runId: '',
  scanner: 'open',
  verdict: null,
  openedCause: 'baseline',
  closedCause: null,
  firstSeen: 0,
  lastSeen: 0,
  fixedAt: null,
  reopenedAt: null,
  reopenCount: 0,
  dueAt: null,
};
