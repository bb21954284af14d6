import {
  type CoreApp,
  createTheme,
  type DataSourceInstanceSettings,
  type DataSourcePluginMeta,
  dateTime,
  ThemeContext,
  type TimeRange,
} from '@grafana/data';
import { type BackendSrv, setBackendSrv, setTemplateSrv, type TemplateSrv } from '@grafana/runtime';
import { GlobalStyles, PortalContainer } from '@grafana/ui';
import { useState } from 'react';
import { createRoot } from 'react-dom/client';
import { from } from 'rxjs';
import AnnotationEditor from '../annotations/AnnotationEditor';
import ConfigEditor from '../config/ConfigEditor';
import { SightlineDataSource } from '../datasource';
import QueryEditor from '../editor/QueryEditor';
import type { SightlineQuery } from '../query/model';
import type { SightlineOptions } from '../types';
import type { ValuesQuery } from '../variables/support';
import { editorOf } from '../variables/ValuesEditor';
import { type Chosen, variablesOf } from './samples';

/** A page with one editor as Grafana shows it, for tests in a browser. What is edited is in `window.edited`. */

export interface Shown {
  readonly editor: 'query' | 'annotation' | 'values' | 'config';
  /** What is edited: a query, or the settings of a data source. */
  readonly value: object;
  readonly app?: CoreApp;
  readonly theme?: 'light' | 'dark';
  readonly variables?: Readonly<Record<string, Chosen>>;
}

declare global {
  interface Window {
    edited?: { value: object; runs: number };
  }
}

interface Asked {
  readonly url: string;
  readonly method: string;
  readonly data?: unknown;
}

const shown = JSON.parse(decodeURIComponent(location.hash.slice(1))) as Shown;

setBackendSrv({
  fetch: (asked: Asked) => from(ask(asked)),
} as unknown as BackendSrv);
setTemplateSrv({ ...variablesOf(shown.variables ?? {}) } as unknown as TemplateSrv);

async function ask({ url, method, data }: Asked): Promise<unknown> {
  const response = await fetch(url, {
    method,
    ...(data === undefined
      ? {}
      : { body: JSON.stringify(data), headers: { 'Content-Type': 'application/json' } }),
  });
  const answer: unknown = await response.json();
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- as Grafana's own fails
  if (!response.ok) throw { status: response.status, statusText: response.statusText, data: answer };
  return { data: answer };
}

const datasource = new SightlineDataSource({
  id: 1,
  uid: 'sightline',
  type: 'sightline-findings-datasource',
  name: 'Sightline',
  readOnly: false,
  access: 'proxy',
  jsonData: {},
  meta: { id: 'sightline-findings-datasource' } as DataSourcePluginMeta,
} satisfies DataSourceInstanceSettings<SightlineOptions>);

const ValuesEditor = editorOf(datasource);

const DAY = 86_400_000;
const now = Date.now();
const range: TimeRange = {
  from: dateTime(now - 90 * DAY),
  to: dateTime(now),
  raw: { from: 'now-90d', to: 'now' },
};

/** Grafana keeps what an editor changes, and gives it back. */
function Host() {
  const [value, setValue] = useState(shown.value);
  const [runs, setRuns] = useState(0);
  window.edited = { value, runs };
  const change = (next: object): void => setValue(next);
  const run = (): void => setRuns((count) => count + 1);
  const props = { datasource, range, onChange: change, onRunQuery: run, app: shown.app };
  const query = value as SightlineQuery;
  switch (shown.editor) {
    case 'query':
      return <QueryEditor {...props} query={query} />;
    case 'annotation':
      return <AnnotationEditor {...props} query={query} />;
    case 'values':
      return <ValuesEditor {...props} query={value as ValuesQuery} />;
    case 'config':
      return <ConfigEditor options={value as never} onOptionsChange={change} />;
  }
}

const root = document.createElement('main');
document.body.append(root);
document.title = 'Editor';
document.documentElement.lang = 'en';
createRoot(root).render(
  <ThemeContext.Provider value={createTheme({ colors: { mode: shown.theme ?? 'dark' } })}>
    <GlobalStyles />
    <PortalContainer />
    <Host />
  </ThemeContext.Provider>,
);
