/** Fixed: links in alert messages, in answers of the API and in bookmarks keep working. */
export const UID = {
  overview: 'sightline-overview',
  account: 'sightline-account',
  findings: 'sightline-findings',
  sla: 'sightline-sla',
  perimeter: 'sightline-perimeter',
  vulnerabilities: 'sightline-vulnerabilities',
  runtime: 'sightline-runtime',
  compliance: 'sightline-compliance',
  health: 'sightline-health',
  public: 'sightline-public',
} as const;

export const PLUGIN_ID = 'sightline-findings-datasource';

/** Of the data source in provisioning/datasources: alert rules and shared dashboards name it, as they have no variables. */
export const PROVISIONED_UID = 'sightline';

/** Of every dashboard: the menu of dashboards is made of those that have it. */
export const TAG = 'sightline';

/** Which data source is shown: chosen by the reader, never fixed. */
export const DATASOURCE = { type: PLUGIN_ID, uid: '${datasource}' } as const;
