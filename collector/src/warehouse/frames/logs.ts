import { isSeverity } from '../../findings/severity.ts';
import type { EventsQuery } from '../query/request.ts';
import type { RowsResult, Value } from '../query/result.ts';
import type { FrameContext } from './context.ts';
import { type FrameField, frameOf, jsonField, textField, timeField } from './fields.ts';
import type { FrameJson } from './frame.ts';
import { metaOf } from './meta.ts';
import { textOf, valuesOf } from './rows.ts';

/** What a logs panel reads, by name; labels are a JSON object per line. */
export const LOG_COLUMNS = ['timestamp', 'body', 'severity', 'id', 'labels'] as const;
type LogColumn = (typeof LOG_COLUMNS)[number];

/** Levels as Grafana colours them. It does not know HIGH, MEDIUM and LOW. */
const LEVELS = {
  CRITICAL: 'critical',
  HIGH: 'error',
  MEDIUM: 'warning',
  LOW: 'info',
  INFORMATIONAL: 'debug',
} as const;

/** Lines of the contract `log-lines`: neither times nor bodies may be null. */
export function logsFrame(query: EventsQuery, result: RowsResult, context: FrameContext): FrameJson {
  const column = (name: LogColumn): Value[] | null => {
    const index = result.columns.findIndex((candidate) => candidate.name === name);
    return index === -1 ? null : valuesOf(result, index);
  };
  const times = column('timestamp') ?? [];
  const bodies = column('body') ?? [];
  const severities = column('severity');
  const ids = column('id');
  const labels = column('labels');
  const optional: (FrameField | null)[] = [
    severities && textField('severity', severities.map(levelOf)),
    ids &&
      textField(
        'id',
        ids.map((id) => textOf(id) ?? ''),
      ),
    labels && jsonField('labels', labels.map(objectOf)),
  ];
  return frameOf(query.refId, metaOf(query, result, context, { type: 'log-lines', visual: 'logs' }), [
    timeField(
      'timestamp',
      times.map((time) => (typeof time === 'number' ? time : 0)),
    ),
    textField(
      'body',
      bodies.map((body) => textOf(body) ?? ''),
    ),
    ...optional.filter((field) => field !== null),
  ]);
}

function levelOf(severity: Value): string {
  const text = textOf(severity) ?? '';
  return isSeverity(text) ? LEVELS[text] : text.toLowerCase() || 'unknown';
}

/** Labels without a value are left out: they would be shown as `null`. */
function objectOf(value: Value): Record<string, unknown> {
  if (typeof value !== 'string') return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return {};
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return {};
  return Object.fromEntries(Object.entries(parsed).filter(([, label]) => label !== null && label !== ''));
}
