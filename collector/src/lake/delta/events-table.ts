import type { FindingEvent } from '../../findings/events.ts';
import { EVENT_FIELDS } from '../commit-file.ts';
import type { DeltaColumn, DeltaType } from './columns.ts';
import { commitsAfter, compareTexts, SCOPE_COLUMNS, snakeCase, type TableSpec } from './spec.ts';

interface EventRow {
  readonly seq: number;
  readonly position: number;
  readonly service: string;
  readonly ruleId: string;
  /** The event by field: many of them wait to be sorted, and an object that was decoded field by field takes five times as much. */
  readonly values: readonly unknown[];
}

/** What a column holds; all others are text. */
const TYPES: Partial<Record<keyof FindingEvent, DeltaType>> = {
  at: 'time',
  verdictUntil: 'time',
  muteUntil: 'time',
  score: 'int',
  labels: 'pairs',
  frameworks: 'list',
  firstSeen: 'time',
  fixedAt: 'time',
  reopenedAt: 'time',
  reopenCount: 'int',
  dueAt: 'time',
};

const REQUIRED = new Set<string>([
  'kind',
  'cause',
  'at',
  'fingerprint',
  'scanner',
  'openedCause',
  'severity',
  'score',
  'cell',
  'region',
  'service',
  'class',
  'ruleId',
  'resourceId',
  'firstSeen',
  'reopenCount',
] satisfies (keyof FindingEvent)[]);

const BOUNDS = new Set<string>([
  'kind',
  'at',
  'severity',
  'region',
  'service',
  'ruleId',
] satisfies (keyof FindingEvent)[]);

const COLUMNS: readonly DeltaColumn[] = [
  ...SCOPE_COLUMNS,
  { name: 'generation', type: 'int', required: true, bounds: true },
  { name: 'seq', type: 'int', required: true, bounds: true },
  { name: 'position', type: 'int', required: true, bounds: true },
  ...EVENT_FIELDS.map((name): DeltaColumn => ({
    name: snakeCase(name),
    type: TYPES[name] ?? 'text',
    required: REQUIRED.has(name),
    bounds: BOUNDS.has(name),
  })),
];

/** One row per event: the whole history. */
export const EVENTS_TABLE: TableSpec<EventRow> = {
  name: 'events',
  columns: COLUMNS,
  grows: true,
  countOf: ({ segments, commits }, after) =>
    [...segments.filter(({ to }) => to > after), ...commits.filter(({ seq }) => seq > after)].reduce(
      (sum, { events }) => sum + events,
      0,
    ),
  async *rowsOf(committer, head, after) {
    for await (const { commit, position } of commitsAfter(committer.store, head, after)) {
      const { seq } = commit;
      yield commit.events.map((event, index) => ({
        seq,
        position: position + index,
        service: event.service,
        ruleId: event.ruleId,
        values: EVENT_FIELDS.map((name) => event[name]),
      }));
    }
  },
  compare: (a, b) =>
    compareTexts(a.service, b.service) || compareTexts(a.ruleId, b.ruleId) || a.position - b.position,
  fill({ scope, source, cloud, account, generation }, { seq, position, values }, cells) {
    cells[0] = scope;
    cells[1] = source;
    cells[2] = cloud;
    cells[3] = account;
    cells[4] = generation;
    cells[5] = seq;
    cells[6] = position;
    for (let field = 0; field < values.length; field++) cells[field + 7] = values[field];
  },
};
