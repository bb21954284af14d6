import type { DataQuery } from '@grafana/schema';
import { t } from '../i18n';
import { defaultQuery } from './defaults';
import { MODEL_VERSION, type SightlineQuery } from './model';

type Saved = DataQuery & { readonly version?: unknown };

/**
 * Each takes a saved query from its version to the next. A released step is never changed: what was saved by it is out there.
 * Version 0 is what has none: written by hand, or for another data source.
 */
const STEPS: readonly ((query: Saved) => Saved)[] = [
  (query) => whole(isType(query.queryType) ? query : { ...query, ...defaultQuery() }),
];

/** What is written by hand may lack what every query of its type has. */
function whole(query: Saved): Saved {
  if (query.queryType === 'sql') return { ...{ sql: '' }, ...query };
  return query.queryType === 'trend' || query.queryType === 'summary'
    ? { ...{ measures: [] }, ...query }
    : query;
}

/** The query as this plugin writes it. @throws FutureQueryError */
export function migrate(saved: Saved): SightlineQuery {
  const version = versionOf(saved);
  if (version > MODEL_VERSION) throw new FutureQueryError(version);
  const migrated = STEPS.slice(version).reduce((query, step) => step(query), saved);
  return { ...migrated, version: MODEL_VERSION } as SightlineQuery;
}

/** A query that a newer plugin saved: what its fields mean is unknown here, and a guess could show wrong numbers. */
export class FutureQueryError extends Error {
  constructor(version: number) {
    super(
      t(
        'query.future',
        'This query was saved by a newer version of the Sightline plugin (query version {{version}}, this one knows {{known}}). Update the plugin; the query is kept as it is.',
        { version, known: MODEL_VERSION },
      ),
    );
    this.name = 'FutureQueryError';
  }
}

function versionOf({ version }: Saved): number {
  return typeof version === 'number' && Number.isInteger(version) && version > 0 ? version : 0;
}

const TYPES: ReadonlySet<string | undefined> = new Set<SightlineQuery['queryType']>([
  'trend',
  'summary',
  'findings',
  'events',
  'runs',
  'sql',
]);

function isType(name: string | undefined): boolean {
  return TYPES.has(name);
}
