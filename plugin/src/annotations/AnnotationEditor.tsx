import type { QueryEditorProps } from '@grafana/data';
import { EditorRow, EditorRows } from '@grafana/plugin-ui';
import { useId } from 'react';
import type { SightlineDataSource } from '../datasource';
import { CatalogProblem, Problems } from '../editor/Messages';
import { Filters } from '../editor/parts/Filters';
import { KindsField } from '../editor/types/EventsEditor';
import { useCatalog } from '../editor/use-catalog';
import { useValueSource } from '../editor/use-value-source';
import { t } from '../i18n';
import type { EventsQuery, SightlineQuery } from '../query/model';
import { problemsOf } from '../query/problems';
import type { SightlineOptions } from '../types';
import { annotationQuery } from './support';

type Props = QueryEditorProps<SightlineDataSource, SightlineQuery, SightlineOptions>;

/** What is marked in charts, and of what. */
export default function AnnotationEditor({ query: saved, datasource, range, onChange, onRunQuery }: Props) {
  const id = useId();
  const query = annotationQuery(saved);
  const { catalog, problem, retry } = useCatalog(datasource);
  const source = useValueSource(datasource, range);
  const change = (fields: Partial<EventsQuery>): void => {
    const next = { ...query, ...fields };
    onChange(next);
    if (problemsOf(next, { catalog }).length === 0) onRunQuery();
  };
  return (
    <EditorRows>
      {problem !== null && <CatalogProblem problem={problem} retry={retry} />}
      <EditorRow>
        <KindsField
          id={`${id}-kinds`}
          value={query.kinds ?? []}
          placeholder={t('events.drift', 'Critical drift and failed scans')}
          onChange={(kinds) => change({ kinds: kinds.length === 0 ? undefined : kinds })}
        />
      </EditorRow>
      <Filters
        id={`${id}-filter`}
        filters={query.filters ?? []}
        catalog={catalog}
        subjects={['findings']}
        source={source}
        alerting={false}
        onChange={(filters) => change({ filters })}
      />
      <Problems problems={problemsOf(query, { catalog })} />
    </EditorRows>
  );
}
