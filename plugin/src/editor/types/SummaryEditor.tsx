import { EditorField, EditorRow } from '@grafana/plugin-ui';
import { subjectsOfQuery } from '../../filters/ad-hoc';
import { t } from '../../i18n';
import type { SummaryQuery } from '../../query/model';
import { compares, summaryFormats } from '../choices';
import { ChoiceField } from '../parts/ChoiceField';
import { GroupPicker } from '../parts/GroupPicker';
import { MeasurePicker } from '../parts/MeasurePicker';
import { NumberField } from '../parts/NumberField';
import { SwitchField } from '../parts/SwitchField';
import type { TypeEditorProps } from '../type-editor';

export function SummaryEditor({ query, catalog, alerting, change, id }: TypeEditorProps<SummaryQuery>) {
  const { format = 'table', measures, groupBy = [] } = query;
  const single = format === 'numeric' || format === 'flame' || format === 'ageBuckets';
  return (
    <>
      <EditorRow>
        <ChoiceField
          id={`${id}-format`}
          label={t('editor.format', 'Format')}
          options={alerting ? summaryFormats().filter(({ value }) => value === 'numeric') : summaryFormats()}
          value={format}
          onChange={(chosen) => change({ format: chosen })}
        />
        <EditorField label={t('editor.measures', 'Measures')} htmlFor={`${id}-measures`}>
          <MeasurePicker
            id={`${id}-measures`}
            value={measures}
            catalog={catalog}
            single={single}
            onChange={(chosen) => change({ measures: chosen, ...orderIn(query, [...chosen, ...groupBy]) })}
          />
        </EditorField>
        <EditorField label={t('editor.group-by', 'Group by')} htmlFor={`${id}-group`}>
          <GroupPicker
            id={`${id}-group`}
            value={groupBy}
            catalog={catalog}
            subjects={catalog === null ? [] : subjectsOfQuery(query, catalog)}
            unbounded={format !== 'numeric' || query.perGroup !== undefined}
            alerting={alerting}
            onChange={(chosen) => change({ groupBy: chosen, ...orderIn(query, [...measures, ...chosen]) })}
          />
        </EditorField>
      </EditorRow>
      <EditorRow>
        <Comparison query={query} alerting={alerting} change={change} id={id} />
        <Order query={query} catalog={catalog} change={change} id={id} />
        <NumberField
          id={`${id}-limit`}
          label={t('editor.limit', 'Limit')}
          tooltip={t('editor.limit-groups', 'The most groups. An alert rule refuses an answer that is cut.')}
          value={query.limit}
          standard={100}
          max={10_000}
          onChange={(limit) => change({ limit })}
        />
        {groupBy.length > 1 && (format === 'table' || format === 'numeric') && (
          <NumberField
            id={`${id}-per-group`}
            label={t('editor.per-group', 'Per group')}
            tooltip={t(
              'editor.per-group-text',
              'Of each group of all dimensions but the last only so many, the largest first: the worst rule of each account.',
            )}
            value={query.perGroup}
            max={20}
            onChange={(perGroup) => change({ perGroup })}
          />
        )}
        {format === 'table' && (
          <SwitchField
            id={`${id}-other`}
            label={t('editor.other', 'Others as one')}
            tooltip={t('editor.other-text', 'All further groups added up as “other”.')}
            value={query.other ?? false}
            onChange={(other) => change({ other })}
          />
        )}
      </EditorRow>
    </>
  );
}

type PartProps = Omit<TypeEditorProps<SummaryQuery>, 'catalog' | 'alerting'>;

function Comparison({ query, alerting, change, id }: PartProps & { readonly alerting: boolean }) {
  const { format = 'table' } = query;
  if (format === 'flame' || format === 'ageBuckets') return null;
  const options =
    format === 'table' && !alerting ? compares() : compares().filter(({ value }) => value !== 'previous');
  return (
    <ChoiceField
      id={`${id}-compare`}
      label={t('editor.compare', 'Compare with')}
      options={options}
      value={query.compare ?? 'none'}
      onChange={(compare) => change({ compare: compare === 'none' ? undefined : compare })}
    />
  );
}

function Order({ query, catalog, change, id }: Omit<TypeEditorProps<SummaryQuery>, 'alerting'>) {
  const { format = 'table', measures, groupBy = [] } = query;
  if (format !== 'table') return null;
  const named = [...(catalog?.measures ?? []), ...(catalog?.dimensions ?? [])];
  const options = [...measures, ...groupBy].map((value) => ({
    value,
    label: named.find((one) => one.id === value)?.label ?? value,
  }));
  if (options.length < 2) return null;
  return (
    <ChoiceField
      id={`${id}-order`}
      label={t('editor.sort', 'Sort by')}
      tooltip={t('editor.sort-text', 'Measures from large to small, names by the alphabet.')}
      options={options}
      value={query.orderBy ?? measures[0] ?? ''}
      onChange={(orderBy) => change({ orderBy })}
    />
  );
}

/** The order goes with what it was by. */
function orderIn({ orderBy }: SummaryQuery, names: readonly string[]): Partial<SummaryQuery> {
  return orderBy === undefined || names.includes(orderBy) ? {} : { orderBy: undefined };
}
