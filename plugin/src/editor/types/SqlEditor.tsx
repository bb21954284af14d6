import { Trans } from '@grafana/i18n';
import { EditorRow } from '@grafana/plugin-ui';
import { CodeEditor, Stack, Text } from '@grafana/ui';
import { t } from '../../i18n';
import type { SqlQuery } from '../../query/model';
import { NumberField } from '../parts/NumberField';
import type { TypeEditorProps } from '../type-editor';

export function SqlEditor({ query, change, id }: TypeEditorProps<SqlQuery>) {
  const take = (sql: string): void => {
    if (sql !== query.sql) change({ sql });
  };
  return (
    <>
      <section aria-label={t('sql.label', 'SQL statement')}>
        <Stack direction="column" gap={0.5}>
          <CodeEditor
            language="sql"
            value={query.sql}
            height={180}
            showLineNumbers
            showMiniMap={false}
            monacoOptions={{ scrollBeyondLastLine: false, fontSize: 13 }}
            onBlur={take}
            onSave={take}
          />
          <Text variant="bodySmall" color="secondary">
            <Trans i18nKey="sql.help">
              One SELECT on the tables finding, history, run, scope and others. $__from and $__to are
              milliseconds, $__timeFilter(column) compares with them. Ctrl+S runs it. Ad hoc filters do not
              apply.
            </Trans>
          </Text>
        </Stack>
      </section>
      <EditorRow>
        <NumberField
          id={`${id}-limit`}
          label={t('editor.limit', 'Limit')}
          value={query.limit}
          standard={5_000}
          max={50_000}
          onChange={(limit) => change({ limit })}
        />
      </EditorRow>
    </>
  );
}
