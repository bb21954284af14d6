import { Alert, Button, Stack } from '@grafana/ui';
import { t } from '../i18n';

/** What keeps the query from running. It is there from the start, so that screen readers say what appears in it. */
export function Problems({ problems }: { readonly problems: readonly string[] }) {
  return (
    <div role="status" aria-live="polite">
      {problems.length > 0 && (
        <Alert
          severity="warning"
          bottomSpacing={0}
          title={t('editor.incomplete', 'This query can’t run yet')}
        >
          {problems.map((problem) => (
            <div key={problem}>{problem}</div>
          ))}
        </Alert>
      )}
    </div>
  );
}

export function CatalogProblem({ problem, retry }: { readonly problem: string; readonly retry: () => void }) {
  return (
    <Alert
      severity="error"
      bottomSpacing={0}
      title={t('editor.no-catalog', 'The server did not say what can be chosen')}
    >
      <Stack direction="column" alignItems="flex-start">
        {problem}
        <Button variant="secondary" size="sm" onClick={retry}>
          {t('editor.retry', 'Try again')}
        </Button>
      </Stack>
    </Alert>
  );
}
