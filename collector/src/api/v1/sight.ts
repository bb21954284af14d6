import type { Access } from '../../warehouse/access.ts';

/** What decides whose something is. */
export interface Owned {
  readonly cloud: string;
  readonly account: string;
  readonly team: string | null;
}

/** Whether a caller sees it: the same rule as `visible` of the warehouse, for what is not asked of it. */
export function sees({ accounts, teams }: Access, { cloud, account, team }: Owned): boolean {
  const ours = accounts === null || accounts.includes(account) || accounts.includes(`${cloud}/${account}`);
  return ours && (teams === null || (team !== null && teams.includes(team)));
}
