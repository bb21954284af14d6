import { DataSourcePlugin } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { SightlineDataSource } from './datasource';
import { lazyEditor } from './editor/lazy';
import pluginJson from './plugin.json';
import type { SightlineQuery } from './query/model';
import type { SightlineOptions, SightlineSecrets } from './types';

await initPluginTranslations(pluginJson.id);

export const plugin = new DataSourcePlugin<
  SightlineDataSource,
  SightlineQuery,
  SightlineOptions,
  SightlineSecrets
>(SightlineDataSource)
  .setConfigEditor(lazyEditor(() => import('./config/ConfigEditor')))
  .setQueryEditor(lazyEditor(() => import('./editor/QueryEditor')));
