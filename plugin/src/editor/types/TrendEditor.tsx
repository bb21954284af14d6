import { EditorField, EditorRow } from '@grafana/plugin-ui';
import { subjectsOfQuery } from '../../filters/ad-hoc';
import { t } from '../../i18n';
import type { TrendQuery } from '../../query/model';
import { compares, intervals } from '../choices';
import { ChoiceField } from '../parts/ChoiceField';
import { GroupPicker } from '../parts/GroupPicker';
import { MeasurePicker } from '../parts/MeasurePicker';
import { NumberField } from '../parts/NumberField';
import { SwitchField } from '../parts/SwitchField';
import type { TypeEditorProps } from '../type-editor';

export function TrendEditor({ query, catalog, alerting, change, id }: TypeEditorProps<TrendQuery>) {
  return (
    <>
      <EditorRow>
        <EditorField label={t('editor.measures', 'Measures')} htmlFor={`${id}-measures`}>
          <MeasurePicker
            id={`${id}-measures`}
            value={query.measures}
            catalog={catalog}
            single={alerting}
            onChange={(measures) => change({ measures })}
          />
        </EditorField>
        <EditorField label={t('editor.group-by', 'Group by')} htmlFor={`${id}-group`}>
          <GroupPicker
            id={`${id}-group`}
            value={query.groupBy ?? []}
            catalog={catalog}
            subjects={catalog === null ? [] : subjectsOfQuery(query, catalog)}
            unbounded={false}
            alerting={alerting}
            onChange={(groupBy) => change({ groupBy })}
          />
        </EditorField>
        <ChoiceField
          id={`${id}-interval`}
          label={t('editor.interval', 'Interval')}
          tooltip={t(
            'editor.interval-text',
            'Minutes, hours, or days, weeks and months of the calendar in the dashboard’s time zone. A point is named by the start of its interval, and says how things were at its end.',
          )}
          options={intervals()}
          custom
          width={14}
          value={query.interval ?? 'auto'}
          onChange={(interval) => change({ interval })}
        />
      </EditorRow>
      <EditorRow>
        <NumberField
          id={`${id}-limit`}
          label={t('editor.series', 'Series')}
          tooltip={t('editor.series-text', 'The largest groups get a series of their own.')}
          value={query.limit}
          standard={10}
          max={200}
          onChange={(limit) => change({ limit })}
        />
        <SwitchField
          id={`${id}-other`}
          label={t('editor.other', 'Others as one')}
          tooltip={t('editor.other-text', 'All further groups added up as “other”.')}
          value={query.other ?? true}
          onChange={(other) => change({ other })}
        />
        {!alerting && (
          <ChoiceField
            id={`${id}-compare`}
            label={t('editor.compare', 'Compare with')}
            options={compares().filter(({ value }) => value !== 'change')}
            value={query.compare ?? 'none'}
            onChange={(compare) => change({ compare: compare === 'previous' ? compare : undefined })}
          />
        )}
      </EditorRow>
    </>
  );
}
