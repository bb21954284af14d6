import type { DataSourceApi, QueryEditorProps } from '@grafana/data';
import { EditorField, EditorRow, EditorRows } from '@grafana/plugin-ui';
import { Combobox } from '@grafana/ui';
import { type FunctionComponent, useId } from 'react';
import type { SightlineDataSource } from '../datasource';
import { CatalogProblem, Problems } from '../editor/Messages';
import { Filters } from '../editor/parts/Filters';
import { SwitchField } from '../editor/parts/SwitchField';
import { useCatalog } from '../editor/use-catalog';
import { useValueSource } from '../editor/use-value-source';
import { t } from '../i18n';
import { filterProblems } from '../query/filter-problems';
import { MODEL_VERSION, type SightlineQuery } from '../query/model';
import type { SightlineOptions } from '../types';
import { SEARCH_FILTER, type ValuesQuery } from './support';

type AnySource = DataSourceApi<SightlineQuery, SightlineOptions>;
type Props = QueryEditorProps<AnySource, SightlineQuery, SightlineOptions, ValuesQuery>;

export function editorOf(datasource: SightlineDataSource): FunctionComponent<Props> {
  return (props) => <ValuesEditor {...props} datasource={datasource} />;
}

/** Which values a variable has: those of a dimension, under filters that may name other variables. */
function ValuesEditor({
  query,
  datasource,
  range,
  onChange,
  onRunQuery,
}: Props & { datasource: SightlineDataSource }) {
  const id = useId();
  const { catalog, problem, retry } = useCatalog(datasource);
  const source = useValueSource(datasource, range);
  const { dimension, filters = [] } = query;
  const chosen = catalog?.dimensions.find((one) => one.id === dimension);
  const change = (fields: Partial<ValuesQuery>): void => {
    onChange({ ...query, version: MODEL_VERSION, ...fields });
    onRunQuery();
  };
  const options = (catalog?.dimensions ?? []).map((one) => ({
    value: one.id,
    label: one.label,
    description: one.description,
  }));
  return (
    <EditorRows>
      {problem !== null && <CatalogProblem problem={problem} retry={retry} />}
      <EditorRow>
        <EditorField label={t('values.dimension', 'Values of')} htmlFor={`${id}-dimension`}>
          <Combobox
            id={`${id}-dimension`}
            options={options}
            loading={catalog === null}
            createCustomValue
            value={dimension === '' ? null : dimension}
            placeholder={t('values.placeholder', 'Choose a dimension')}
            width={30}
            onChange={({ value }) => {
              const bounded = catalog?.dimensions.find((one) => one.id === value)?.bounded ?? true;
              change({ dimension: value, search: bounded ? undefined : SEARCH_FILTER });
            }}
          />
        </EditorField>
        <SwitchField
          id={`${id}-search`}
          label={t('values.search', 'Search on the server')}
          tooltip={t(
            'values.search-text',
            'Asks again while somebody types, for dimensions of more than 1,000 values. What has no bound, like resources, can only be searched.',
          )}
          value={query.search !== undefined}
          onChange={(on) => change({ search: on ? SEARCH_FILTER : undefined })}
        />
      </EditorRow>
      <Filters
        id={`${id}-filter`}
        filters={filters}
        catalog={catalog}
        subjects={['findings']}
        source={source}
        alerting={false}
        onChange={(changed) => change({ filters: changed })}
      />
      <Problems problems={problemsOf(query, catalog)} />
    </EditorRows>
  );

  function problemsOf(asked: ValuesQuery, known: typeof catalog): string[] {
    const { refId } = asked;
    return [
      ...(dimension === ''
        ? [t('values.no-dimension', 'Choose the dimension whose values the variable has.')]
        : []),
      ...(chosen?.bounded === false && asked.search === undefined
        ? [
            t('values.unbounded', '{{dimension}} has too many values to list: search on the server.', {
              dimension,
            }),
          ]
        : []),
      ...filterProblems({ refId, queryType: 'findings', version: MODEL_VERSION, filters }, known),
    ];
  }
}
