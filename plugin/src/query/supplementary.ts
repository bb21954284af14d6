import { isMeasured } from './defaults';
import { type EventsQuery, MODEL_VERSION, type SightlineQuery, type TrendQuery } from './model';

/** What Explore shows beside an answer. */

/** Of log lines: how many there were over time, as their measures. null where no measure counts them. */
export function volumeQuery(query: SightlineQuery): TrendQuery | null {
  if (query.queryType !== 'events' || query.format !== 'logs') return null;
  const { refId, datasource, filters } = query;
  const measures = (query.kinds ?? DRIFT)
    .filter((kind) => COUNTED.has(kind))
    .map((kind) => COUNTED.get(kind) ?? kind);
  if (measures.length === 0) return null;
  return {
    refId: `volume-${refId}`,
    ...(datasource === undefined ? {} : { datasource }),
    queryType: 'trend',
    version: MODEL_VERSION,
    measures,
    ...(filters === undefined ? {} : { filters }),
  };
}

/** Of numbers of findings: the events behind them. */
export function sampleQuery(query: SightlineQuery, limit = 100): EventsQuery | null {
  if (!isMeasured(query)) return null;
  const { refId, datasource, filters } = query;
  return {
    refId: `sample-${refId}`,
    ...(datasource === undefined ? {} : { datasource }),
    queryType: 'events',
    version: MODEL_VERSION,
    format: 'logs',
    limit,
    ...(filters === undefined ? {} : { filters }),
  };
}

const DRIFT = ['new', 'onboarded', 'ruleset', 'reopened', 'fixed', 'retired'];

/** Kinds of events that a measure of findings counts. */
const COUNTED: ReadonlyMap<string, string> = new Map([
  ...DRIFT.map((kind): [string, string] => [kind, kind]),
  ['expired', 'expired'],
  ['restored', 'restored'],
  ['accepted', 'newlyAccepted'],
  ['falsePositive', 'newlyFalsePositive'],
  ['muted', 'muted'],
]);
