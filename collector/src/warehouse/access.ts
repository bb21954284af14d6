/** What a caller may do: `viewer` reads, `ingest` brings reports, `operator` does both and decides. */
export type Role = 'viewer' | 'ingest' | 'operator';

/** Whose rows a caller sees, and who it is. */
export interface Access {
  /** For the audit log: `token:grafana`, `oidc:alice@example.org`, `anonymous`. */
  readonly subject: string;
  readonly roles: ReadonlySet<Role>;
  /** Account ids (`1234…`, or `aws/1234…` where two clouds share one), null for all. */
  readonly accounts: readonly string[] | null;
  /** Teams, null for all. A finding without a team belongs to none of them. */
  readonly teams: readonly string[] | null;
}

/** Sees and may do everything: the command line, and the loopback default. */
export const FULL_ACCESS: Access = {
  subject: 'local',
  roles: new Set(['viewer', 'ingest', 'operator']),
  accounts: null,
  teams: null,
};

/** Whether some rows are out of sight. */
export function isBound(access: Access): boolean {
  return access.accounts !== null || access.teams !== null;
}
