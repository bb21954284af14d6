import { RIGHTS, type RightsCloud } from './table.ts';

export { awsRights } from './aws.ts';
export { azureRights } from './azure.ts';
export { gcpRights } from './gcp.ts';

/** A right, and whether it is there. */
export interface RightState {
  readonly right: string;
  readonly state: RightAnswer;
  /** Kinds of jobs that need it. */
  readonly neededBy: readonly string[];
}

/** `unknown`: it was not, or could not be, tried. */
export type RightAnswer = 'ok' | 'missing' | 'unknown';

export interface NeededRight {
  readonly right: string;
  readonly neededBy: readonly string[];
}

/** What jobs of these kinds need in a cloud, each right once. Of a kind that is not in the table nothing is known. */
export function neededRights(kinds: readonly string[], cloud: string): readonly NeededRight[] {
  const needed = new Map<string, string[]>();
  for (const kind of kinds) {
    const own = Object.hasOwn(RIGHTS, kind) ? RIGHTS[kind] : undefined;
    for (const right of isKnown(cloud) ? (own?.[cloud] ?? []) : [])
      needed.set(right, [...(needed.get(right) ?? []), kind]);
  }
  return [...needed].map(([right, neededBy]) => ({ right, neededBy }));
}

function isKnown(cloud: string): cloud is RightsCloud {
  return cloud === 'aws' || cloud === 'azure' || cloud === 'gcp';
}
