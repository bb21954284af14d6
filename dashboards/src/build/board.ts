import type * as cog from '@grafana/grafana-foundation-sdk/cog';
import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  type DashboardLinkBuilder,
  type GridPos,
  type Panel,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { COLOUR } from './colours.ts';
import { menu } from './links.ts';
import { DATASOURCE, PLUGIN_ID, PROVISIONED_UID, TAG } from './names.ts';
import { events, type Filter, is } from './query.ts';
import type { Variable } from './variables.ts';

/** A panel of any kind, before it has its place. */
export interface AnyPanel extends cog.Builder<Panel> {
  id(id: number): unknown;
  gridPos(place: GridPos): unknown;
}

/** Panels side by side: their widths add up to the 24 columns of Grafana's grid. */
export interface Shelf {
  readonly height: number;
  readonly panels: readonly (readonly [width: number, panel: AnyPanel])[];
}

/** A heading over the shelves that follow. */
export interface Heading {
  readonly title: string;
}

export interface Board {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly Variable[];
  readonly shelves: readonly (Shelf | Heading)[];
  readonly links?: readonly DashboardLinkBuilder[];
  readonly from?: string;
  /** Default: critical drift over every time axis. */
  readonly annotated?: boolean;
}

export function shelf(height: number, ...panels: Shelf['panels']): Shelf {
  const width = panels.reduce((sum, [columns]) => sum + columns, 0);
  if (width !== 24) throw new RangeError(`a shelf has 24 columns, not ${width}`);
  return { height, panels };
}

export function boardOf(board: Board): Dashboard {
  const { uid, title, description, variables, links = [], from = 'now-90d', annotated = true } = board;
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([TAG, 'security'])
    .time({ from, to: 'now' })
    .timezone('browser')
    .refresh('')
    .tooltip(DashboardCursorSync.Crosshair)
    .editable();
  if (variables.length > 0) builder.link(menu());
  for (const link of links) builder.link(link);
  for (const variable of variables) builder.withVariable(variable);
  if (annotated && variables.length > 0) builder.annotations(annotations());
  const built = { ...builder.build(), panels: placed(board.shelves) };
  return variables.length > 0 ? built : withoutVariable(built);
}

/**
 * Shared dashboards have no variables, and Grafana answers no query of theirs whose data source is named by its type alone: theirs is
 * the one that provisioning/datasources makes.
 */
function withoutVariable(board: Dashboard): Dashboard {
  return withDatasource(board, PROVISIONED_UID);
}

function withDatasource(board: Dashboard, uid: string): Dashboard {
  return JSON.parse(
    JSON.stringify(board, (key, value: unknown) => (key === 'datasource' ? { type: PLUGIN_ID, uid } : value)),
  ) as Dashboard;
}

/**
 * As the plugin brings it along: who imports a board that has no variable is asked for the data source, in Grafana's own form for that.
 * @see https://grafana.com/docs/grafana/latest/dashboards/share-dashboards-panels/
 */
export function importable(board: Dashboard): Dashboard {
  const fixed = board.panels?.some(({ datasource }) => datasource?.uid === PROVISIONED_UID) === true;
  if (!fixed) return board;
  const input = {
    name: 'DS_SIGHTLINE',
    label: 'Sightline',
    type: 'datasource',
    pluginId: PLUGIN_ID,
    pluginName: 'Sightline',
  };
  return { __inputs: [input], ...withDatasource(board, '${DS_SIGHTLINE}') } as Dashboard;
}

function placed(shelves: Board['shelves']): NonNullable<Dashboard['panels']> {
  const panels: NonNullable<Dashboard['panels']> = [];
  let y = 0;
  for (const one of shelves) {
    if ('title' in one) {
      const row = new RowBuilder(one.title).id(panels.length + 1).gridPos({ x: 0, y, w: 24, h: 1 });
      panels.push(row.build());
      y += 1;
      continue;
    }
    let x = 0;
    for (const [w, panel] of one.panels) {
      panel.id(panels.length + 1);
      panel.gridPos({ x, y, w, h: one.height });
      panels.push(panel.build());
      x += w;
    }
    y += one.height;
  }
  return panels;
}

const PLACE = ['cloud', 'account', 'team'].map((name): Filter => ({
  field: name,
  operator: 'in',
  values: [`$${name}`],
}));

/** What changed for the worse is shown; that a scan was not complete can be switched on. */
function annotations(): AnnotationQueryBuilder[] {
  const drift = events(
    { format: 'annotations', kinds: ['new', 'reopened'], filters: [is('severity', 'CRITICAL'), ...PLACE] },
    'Anno',
  );
  const failed = events({ format: 'annotations', kinds: ['failedScan'], filters: PLACE }, 'Anno');
  const annotation = (name: string, colour: string, enabled: boolean): AnnotationQueryBuilder =>
    new AnnotationQueryBuilder().name(name).datasource(DATASOURCE).enable(enabled).iconColor(colour);
  return [
    annotation('Critical drift', COLOUR.critical, true).target(drift),
    annotation('Incomplete scans', COLOUR.muted, false).target(failed),
  ];
}
