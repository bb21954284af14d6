import pLimit from 'p-limit';
import type { AwsKeys } from '../credentials/aws.ts';
import type { Env } from '../secrets.ts';
import { type AwsAnswer, callAws } from './aws-call.ts';
import type { NeededRight, RightAnswer, RightState } from './index.ts';
import { iam, PROBES } from './probes.ts';

export interface AwsIdentity {
  readonly keys: AwsKeys;
  /** As STS says it. */
  readonly arn: string;
  /** The role that was taken on, where it is known: the ARN above lacks its path. */
  readonly roleArn: string | null;
  /** Whether the session has less rights than its role: that can't be simulated. */
  readonly isNarrowed: boolean;
  readonly region: string;
}

/** Actions in one simulation. */
const AT_ONCE = 50;
const PROBES_AT_ONCE = 6;

/**
 * Which of these an identity has: as IAM simulates it where it may ask for that, else by calls that read next to nothing.
 * Rights on everything are meant: one that is there for a few resources only counts as missing.
 */
export async function awsRights(
  needed: readonly NeededRight[],
  identity: AwsIdentity,
  env: Env,
): Promise<readonly RightState[]> {
  if (/:root$/.test(identity.arn)) return needed.map((one) => ({ ...one, state: 'ok' }));
  const simulated = identity.isNarrowed ? null : await simulate(needed, identity, env);
  const limit = pLimit(PROBES_AT_ONCE);
  return Promise.all(
    needed.map(async (one) => ({
      ...one,
      state: simulated?.get(one.right) ?? (await limit(() => probe(one.right, identity, env))),
    })),
  );
}

/** @returns null where it may not be asked. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html */
async function simulate(
  needed: readonly NeededRight[],
  identity: AwsIdentity,
  env: Env,
): Promise<ReadonlyMap<string, RightAnswer> | null> {
  const states = new Map<string, RightAnswer>();
  const names = needed.map(({ right }) => right);
  for (let from = 0; from < names.length; from += AT_ONCE) {
    const actions = names.slice(from, from + AT_ONCE);
    const members = Object.fromEntries(
      actions.map((name, index): [string, string] => [`ActionNames.member.${index + 1}`, name]),
    );
    const call = iam('SimulatePrincipalPolicy', {
      PolicySourceArn: principalOf(identity),
      MaxItems: '1000',
      ...members,
    });
    const answer = await callAws(call, identity.keys, identity.region, env).catch(() => null);
    if (answer?.status !== 200) return null;
    for (const part of answer.text.split('<EvalActionName>').slice(1)) {
      const decision = /<EvalDecision>([^<]+)</.exec(part)?.[1];
      states.set(part.split('<')[0] ?? '', decision === 'allowed' ? 'ok' : 'missing');
    }
  }
  return states;
}

/** Who is asked about: of a session, its role. */
function principalOf({ arn, roleArn }: AwsIdentity): string {
  if (roleArn !== null) return roleArn;
  const [, partition, account, role] = /^arn:([^:]+):sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn) ?? [];
  return role === undefined ? arn : `arn:${partition}:iam::${account}:role/${role}`;
}

async function probe(right: string, { keys, region }: AwsIdentity, env: Env): Promise<RightAnswer> {
  const call = Object.hasOwn(PROBES, right) ? PROBES[right] : undefined;
  if (call === undefined) return 'unknown';
  try {
    return verdictOf(await callAws(call, keys, region, env));
  } catch {
    return 'unknown';
  }
}

const REFUSED = /AccessDenied|Unauthorized|NotAuthorized|AuthorizationError/;
/** A service that is not in use says so with the same word as one that may not be asked. */
const NOT_IN_USE = /not (enabled|subscribed)|isn't enabled/i;

function verdictOf({ status, code, text }: AwsAnswer): RightAnswer {
  if (status < 300 || NOT_IN_USE.test(text)) return 'ok';
  if (REFUSED.test(code)) return 'missing';
  // There is nothing of the kind: whoever may not ask would not have learnt that.
  return code !== '' && [404, 409, 410].includes(status) ? 'ok' : 'unknown';
}
