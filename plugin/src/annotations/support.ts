import type { AnnotationQuery, AnnotationSupport } from '@grafana/data';
import { lazyEditor } from '../editor/lazy';
import { type EventsQuery, MODEL_VERSION, type SightlineQuery } from '../query/model';

/** Without kinds: critical drift and failed scans only, which is what a chart bears. */
const DEFAULT = { queryType: 'events', version: MODEL_VERSION, format: 'annotations' } as const;

/** What happened, over the charts of a dashboard: one mark per run and account, at most 100, failed scans as regions. */
export const annotationSupport: AnnotationSupport<SightlineQuery> = {
  QueryEditor: lazyEditor(() => import('./AnnotationEditor')),
  getDefaultQuery: () => DEFAULT,
  prepareQuery: ({ target }: AnnotationQuery<SightlineQuery>) => annotationQuery(target),
};

/** Whatever was saved, asked for as annotations. */
export function annotationQuery(target: SightlineQuery | undefined): EventsQuery {
  const saved = target?.queryType === 'events' ? target : undefined;
  return { ...DEFAULT, ...saved, refId: target?.refId ?? 'Anno', format: 'annotations' };
}
