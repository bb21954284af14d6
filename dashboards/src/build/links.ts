import { DashboardLinkBuilder, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard';
import { TAG, UID } from './names.ts';

/** What every link takes along, so that the next dashboard shows the same time and the same part of the estate. */
const KEPT = [
  'datasource',
  'cloud',
  'account',
  'region',
  'service',
  'severity',
  'team',
  'framework',
] as const;

/**
 * A link to a dashboard that keeps time and variables.
 * @param set variables that the link sets itself; as they are in the address, so values of cells as `${__value.raw:percentencode}`
 */
export function linkTo(uid: string, set: Readonly<Record<string, string>> = {}): string {
  const kept = KEPT.filter((name) => !Object.hasOwn(set, name)).map((name) => `\${${name}:queryparam}`);
  const own = Object.entries(set).map(([name, value]) => `var-${name}=${value}`);
  return `/d/${uid}?${['${__url_time_range}', ...kept, ...own].join('&')}`;
}

/** A link of a panel or a cell. */
export function link(
  title: string,
  uid: string,
  set: Readonly<Record<string, string>> = {},
): DashboardLinkBuilder {
  return new DashboardLinkBuilder(title).type(DashboardLinkType.Link).url(linkTo(uid, set));
}

export const VALUE = '${__value.raw:percentencode}';

/** The value of another column of the same row. */
export function field(name: string): string {
  return `\${__data.fields.${name}:percentencode}`;
}

/** All dashboards in one menu, with time and variables. */
export function menu(): DashboardLinkBuilder {
  return new DashboardLinkBuilder('Dashboards')
    .type(DashboardLinkType.Dashboards)
    .tags([TAG])
    .asDropdown(true)
    .keepTime(true)
    .includeVars(true);
}

/** Findings of one kind, by a link in the head of the dashboard. */
export function presets(): DashboardLinkBuilder[] {
  const preset = (title: string, tooltip: string, set: string): DashboardLinkBuilder =>
    new DashboardLinkBuilder(title)
      .type(DashboardLinkType.Link)
      .url(`/d/${UID.findings}?${set}`)
      .tooltip(tooltip)
      .icon('bolt')
      .keepTime(true)
      .includeVars(true);
  return [
    preset('Identity', 'Findings about people, keys and permissions', 'var-class=iam'),
    preset('Secrets', 'Findings about secrets in the open', 'var-class=secret'),
  ];
}
