import { EditorRow } from '@grafana/plugin-ui';
import { t } from '../../i18n';
import type { RunsQuery } from '../../query/model';
import { runViews } from '../choices';
import { ChoiceField } from '../parts/ChoiceField';
import { NumberField } from '../parts/NumberField';
import type { TypeEditorProps } from '../type-editor';

export function RunsEditor({ query, change, id }: TypeEditorProps<RunsQuery>) {
  return (
    <EditorRow>
      <ChoiceField
        id={`${id}-view`}
        label={t('editor.view', 'View')}
        options={runViews()}
        value={query.view ?? 'scopes'}
        onChange={(view) => change({ view })}
      />
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
