import type { Access } from '../../warehouse/access.ts';

export type Bounds = Pick<Access, 'accounts' | 'teams'>;

/** What both let through. */
export function narrowed(a: Bounds, b: Bounds): Bounds {
  return {
    accounts: both(a.accounts, b.accounts, sameAccount),
    teams: both(a.teams, b.teams, (x, y) => (x === y ? x : null)),
  };
}

/** Whether nothing at all is left to see. */
export function isNothing({ accounts, teams }: Bounds): boolean {
  return accounts?.length === 0 || teams?.length === 0;
}

function both(
  a: readonly string[] | null,
  b: readonly string[] | null,
  same: (x: string, y: string) => string | null,
): readonly string[] | null {
  if (a === null || b === null) return a ?? b;
  const kept = a.flatMap((x) => b.map((y) => same(x, y)).filter((value) => value !== null));
  return [...new Set(kept)];
}

/** Elsewhere a slash may be part of the id (`owner/repository`): there only equal ones are the same. */
const WITH_CLOUD = /^(?:aws|azure|gcp|oci|alibaba|ibm|kubernetes)\/(.+)$/;

/** The narrower one where one says the cloud and the other does not. */
function sameAccount(x: string, y: string): string | null {
  if (x === y) return x;
  if (WITH_CLOUD.exec(x)?.[1] === y) return x;
  return WITH_CLOUD.exec(y)?.[1] === x ? y : null;
}
