import type { QueryEditorProps } from '@grafana/data';
import { Trans } from '@grafana/i18n';
import { EditorField, EditorRow, EditorRows } from '@grafana/plugin-ui';
import { Alert, RadioButtonGroup, Text } from '@grafana/ui';
import { useId } from 'react';
import type { SightlineDataSource } from '../datasource';
import { t } from '../i18n';
import { changeType, defaultQuery, isAlerting } from '../query/defaults';
import { FutureQueryError, migrate } from '../query/migrate';
import type { SightlineQuery } from '../query/model';
import { problemsOf } from '../query/problems';
import type { SightlineOptions } from '../types';
import { queryTypes } from './choices';
import { CatalogProblem, Problems } from './Messages';
import { QueryFields } from './QueryFields';
import { useCatalog } from './use-catalog';

type Props = QueryEditorProps<SightlineDataSource, SightlineQuery, SightlineOptions>;

/** Chooses the type of query, and shows its fields, what is wrong with it, and why values can't be offered. */
export default function QueryEditor(props: Props) {
  const { query: saved, app } = props;
  const read = readQuery(saved, app);
  return read instanceof FutureQueryError ? (
    <Alert severity="error" title={t('editor.future', 'Saved by a newer plugin')}>
      {read.message}
    </Alert>
  ) : (
    <KnownQueryEditor {...props} query={read} />
  );
}

function KnownQueryEditor({ query, datasource, app, range, onChange, onRunQuery }: Props) {
  const id = useId();
  const { catalog, problem, retry } = useCatalog(datasource);
  const alerting = isAlerting(app);
  const problems = problemsOf(query, { catalog, alerting });
  const set = (next: SightlineQuery): void => {
    onChange(next);
    // What can't run would only replace the answer by what is said here already.
    if (problemsOf(next, { catalog, alerting }).length === 0) onRunQuery();
  };
  const types = queryTypes().filter(
    ({ value }) => value !== 'sql' || catalog?.sql === true || query.queryType === 'sql',
  );
  const offered = alerting
    ? types.filter(({ value }) => ALERTED.has(value) || value === query.queryType)
    : types;
  return (
    <EditorRows>
      <EditorRow>
        <EditorField label={t('editor.type', 'Query type')}>
          <RadioButtonGroup
            id={`${id}-type`}
            aria-label={t('editor.type', 'Query type')}
            options={offered}
            value={query.queryType}
            onChange={(type) => set(changeType(query, type, app))}
          />
        </EditorField>
      </EditorRow>
      {problem !== null && <CatalogProblem problem={problem} retry={retry} />}
      <QueryFields
        id={id}
        query={query}
        catalog={catalog}
        alerting={alerting}
        datasource={datasource}
        range={range}
        onChange={set}
      />
      <Problems problems={problems} />
      {alerting && (
        <Text variant="bodySmall" color="secondary">
          <Trans i18nKey="editor.alerting">
            Alert rules have no variables and no ad hoc filters, and days begin at midnight of the server’s
            configured time zone.
          </Trans>
        </Text>
      )}
    </EditorRows>
  );
}

const ALERTED: ReadonlySet<string> = new Set(['trend', 'summary', 'sql']);

function readQuery(saved: SightlineQuery, app: string | undefined): SightlineQuery | FutureQueryError {
  try {
    const fresh = (saved as { queryType?: string }).queryType === undefined;
    return migrate(fresh ? { ...saved, ...defaultQuery(app) } : saved);
  } catch (error) {
    if (error instanceof FutureQueryError) return error;
    throw error;
  }
}
