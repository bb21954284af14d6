import { EditorRow } from '@grafana/plugin-ui';
import { t } from '../../i18n';
import type { FindingsQuery } from '../../query/model';
import { directions, findingFormats, findingOrders } from '../choices';
import { ChoiceField } from '../parts/ChoiceField';
import { NumberField } from '../parts/NumberField';
import type { TypeEditorProps } from '../type-editor';

export function FindingsEditor({ query, change, id }: TypeEditorProps<FindingsQuery>) {
  const rows = (query.format ?? 'table') === 'table';
  return (
    <EditorRow>
      <ChoiceField
        id={`${id}-format`}
        label={t('editor.format', 'Format')}
        options={findingFormats()}
        value={query.format ?? 'table'}
        onChange={(format) => change({ format })}
      />
      {rows && (
        <ChoiceField
          id={`${id}-order`}
          label={t('editor.sort', 'Sort by')}
          options={findingOrders()}
          value={query.orderBy ?? 'severity'}
          onChange={(orderBy) => change({ orderBy })}
        />
      )}
      {rows && (
        <ChoiceField
          id={`${id}-direction`}
          label={t('editor.direction', 'Direction')}
          options={directions()}
          value={query.direction ?? 'default'}
          onChange={(direction) => change({ direction: direction === 'default' ? undefined : direction })}
        />
      )}
      <NumberField
        id={`${id}-limit`}
        label={t('editor.limit', 'Limit')}
        value={query.limit}
        standard={500}
        max={5_000}
        onChange={(limit) => change({ limit })}
      />
    </EditorRow>
  );
}
