import type { DataSourceJsonData } from '@grafana/data';

/** What a data source keeps besides its URL; names are those of Grafana, whose HTTP client in the backend reads them. */
export interface SightlineOptions extends DataSourceJsonData {
  /** Seconds. */
  timeout?: number;
  tlsSkipVerify?: boolean;
  tlsAuth?: boolean;
  tlsAuthWithCACert?: boolean;
  serverName?: string;
}

/** Stored encrypted, never sent back to the browser. */
export interface SightlineSecrets {
  /** Of `sightline token create --role viewer`, or a JWT. */
  token?: string;
  tlsCACert?: string;
  tlsClientCert?: string;
  tlsClientKey?: string;
}
