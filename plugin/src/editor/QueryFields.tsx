import type { TimeRange } from '@grafana/data';
import { EditorField, EditorRow } from '@grafana/plugin-ui';
import type { Catalog } from '../api/catalog';
import type { SightlineDataSource } from '../datasource';
import { subjectsOfQuery } from '../filters/ad-hoc';
import { t } from '../i18n';
import type { SightlineQuery } from '../query/model';
import { Filters } from './parts/Filters';
import { TextInput } from './parts/TextInput';
import { EventsEditor } from './types/EventsEditor';
import { FindingsEditor } from './types/FindingsEditor';
import { RunsEditor } from './types/RunsEditor';
import { SqlEditor } from './types/SqlEditor';
import { SummaryEditor } from './types/SummaryEditor';
import { TrendEditor } from './types/TrendEditor';
import { useValueSource } from './use-value-source';

interface Props {
  readonly id: string;
  readonly query: SightlineQuery;
  readonly catalog: Catalog | null;
  readonly alerting: boolean;
  readonly datasource: SightlineDataSource;
  readonly range: TimeRange | undefined;
  readonly onChange: (query: SightlineQuery) => void;
}

/** The fields of a query's type, then those that all but SQL have. */
export function QueryFields(props: Props) {
  const { query, catalog, alerting, datasource, range, onChange, id } = props;
  const source = useValueSource(datasource, range);
  if (query.queryType === 'sql') return <TypeFields {...props} />;
  return (
    <>
      <TypeFields {...props} />
      <Filters
        id={`${id}-filter`}
        filters={query.filters ?? []}
        catalog={catalog}
        subjects={catalog === null ? [] : subjectsOfQuery(query, catalog)}
        source={source}
        alerting={alerting}
        onChange={(filters) => onChange({ ...query, filters })}
      />
      {!alerting && (
        <EditorRow>
          <EditorField
            label={t('editor.as-of', 'As of')}
            optional
            tooltip={t(
              'editor.as-of-text',
              'A moment in the past: numbers as things stood then, in a range of the same length that ends there.',
            )}
            htmlFor={`${id}-as-of`}
          >
            <TextInput
              id={`${id}-as-of`}
              width={28}
              placeholder="2026-11-20T00:00:00Z"
              value={query.asOf ?? ''}
              onChange={(asOf) => onChange({ ...query, asOf: asOf === '' ? undefined : asOf })}
            />
          </EditorField>
        </EditorRow>
      )}
    </>
  );
}

function TypeFields({ query, catalog, alerting, onChange, id }: Props) {
  const common = { catalog, alerting, id };
  switch (query.queryType) {
    case 'trend':
      return <TrendEditor {...common} query={query} change={(fields) => onChange({ ...query, ...fields })} />;
    case 'summary':
      return (
        <SummaryEditor {...common} query={query} change={(fields) => onChange({ ...query, ...fields })} />
      );
    case 'findings':
      return (
        <FindingsEditor {...common} query={query} change={(fields) => onChange({ ...query, ...fields })} />
      );
    case 'events':
      return (
        <EventsEditor {...common} query={query} change={(fields) => onChange({ ...query, ...fields })} />
      );
    case 'runs':
      return <RunsEditor {...common} query={query} change={(fields) => onChange({ ...query, ...fields })} />;
    case 'sql':
      return <SqlEditor {...common} query={query} change={(fields) => onChange({ ...query, ...fields })} />;
  }
}
