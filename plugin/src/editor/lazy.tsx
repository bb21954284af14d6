import { LoadingPlaceholder } from '@grafana/ui';
import { type ComponentType, type FunctionComponent, lazy, Suspense } from 'react';
import { t } from '../i18n';

/** An editor that is loaded when it is shown: dashboards that are only looked at need none. */
export function lazyEditor<P extends object>(
  load: () => Promise<{ default: ComponentType<P> }>,
): FunctionComponent<P> {
  const Loaded = lazy(async () => {
    const { default: Editor } = await load();
    return { default: ({ given }: { readonly given: P }) => <Editor {...given} /> };
  });
  return function LazyEditor(props: P) {
    return (
      <Suspense fallback={<LoadingPlaceholder text={t('editor.loading', 'Loading editor…')} />}>
        <Loaded given={props} />
      </Suspense>
    );
  };
}
