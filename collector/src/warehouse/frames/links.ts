import type { FieldConfig } from './fields.ts';

/**
 * Where a value leads. The uids of the dashboards are fixed: provisioned links, alert messages and bookmarks keep working.
 * `$__url_time_range` and the value are filled in by Grafana.
 */
const TARGETS: Readonly<Record<string, { readonly title: string; readonly path: string }>> = {
  fingerprint: { title: 'Show the finding', path: 'sightline-findings?var-fingerprint' },
  rule: { title: 'Findings of the rule', path: 'sightline-findings?var-rule' },
  resource: { title: 'Findings of the resource', path: 'sightline-findings?var-resource' },
  account: { title: 'Show the account', path: 'sightline-account?var-account' },
  service: { title: 'Show the service', path: 'sightline-account?var-service' },
  cloud: { title: 'Show the cloud', path: 'sightline-account?var-cloud' },
};

export function linksOf(
  column: string,
  links: { readonly publicUrl: string } | undefined,
): Pick<FieldConfig, 'links'> {
  const target = TARGETS[column];
  if (links === undefined || target === undefined || !Object.hasOwn(TARGETS, column)) return {};
  const { title, path } = target;
  const root = links.publicUrl.replace(/\/+$/, '');
  return {
    links: [{ title, url: `${root}/d/${path}=\${__value.raw:percentencode}&\${__url_time_range}` }],
  };
}
