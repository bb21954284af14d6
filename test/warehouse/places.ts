import { fingerprint } from '../../collector/src/findings/fingerprint.ts';
import type { Observation } from '../../collector/src/findings/model.ts';
import { SEVERITIES, scoreOfSeverity } from '../../collector/src/findings/severity.ts';
import { DAY, observation, T0 } from '../../collector/src/findings/testing/builders.ts';
import type { ScopeName } from '../../collector/src/lake/advance.ts';
import { scopeOf } from '../../collector/src/lake/keys.ts';
import type { Random } from '../support/random.ts';
import { pick } from './pick.ts';

/** What a random world is made of: accounts that are scanned, and things in them that may be wrong. */

export const START = T0;
export const HOUR = 3_600_000;
export const REGIONS = ['eu-west-1', 'us-east-1'];
export const SERVICES: Readonly<Record<string, readonly string[]>> = {
  s3: ['s3_public', 's3_logging', 's3_encryption'],
  ec2: ['ec2_open', 'ec2_imds'],
  iam: ['iam_mfa', 'iam_keys'],
};
const FRAMEWORKS = ['CIS 1.4:2.1.1', 'CIS 1.4:2.1.2', 'PCI 4.0:1.2', 'ISO27001'];

export interface Thing {
  /** Whether the check fails now. */
  failing: boolean;
  content: Observation;
  /** The same under the adapter's next identity rule. */
  readonly renamed: string;
}

export interface Place {
  readonly name: ScopeName;
  readonly mode: 'snapshot' | 'delta' | 'stream';
  readonly exhaustive: boolean;
  readonly every: number;
  identity: 1 | 2;
  next: number;
  readonly things: Thing[];
}

export const PLACES: readonly (readonly [string, string, string, Place['mode'], number])[] = [
  ['prowler', 'aws', '111111111111', 'snapshot', DAY],
  ['scoutsuite', 'aws', '111111111111', 'snapshot', 2 * DAY],
  ['prowler', 'aws', '222222222222', 'snapshot', 3 * DAY],
  ['scoutsuite', 'azure', '222222222222', 'snapshot', DAY],
  ['securityhub', 'aws', '222222222222', 'delta', 12 * HOUR],
  ['falco', 'kubernetes', 'prod/eu', 'stream', 8 * HOUR],
];
export function makePlace(
  random: Random,
  [source, cloud, account, mode, every]: (typeof PLACES)[number],
): Place {
  const name = { scope: scopeOf(source, cloud, account), source, cloud, account };
  const things: Thing[] = [];
  for (const [service, rules] of Object.entries(SERVICES)) {
    for (const rule of rules) {
      for (const region of service === 'iam' ? ['global'] : REGIONS) {
        for (const resource of ['a', 'b']) {
          if (random() < 0.5) continue;
          things.push(makeThing(random, { source, cloud, account }, { service, rule, region, resource }));
        }
      }
    }
  }
  const next = START + Math.floor(random() * 3) * DAY;
  return { name, mode, exhaustive: source === 'scoutsuite', every, identity: 1, next, things };
}

interface Where {
  readonly service: string;
  readonly rule: string;
  readonly region: string;
  readonly resource: string;
}

function makeThing(
  random: Random,
  owner: { readonly source: string; readonly cloud: string; readonly account: string },
  { service, rule, region, resource }: Where,
): Thing {
  const identity = { ...owner, region, rule, resource: `${service}-${resource}`, locator: '' };
  const severity = pick(random, SEVERITIES);
  const content = observation({
    fingerprint: fingerprint(identity),
    cell: `${service}@${region}`,
    class: pick(random, ['compliance', 'exposure', 'vulnerability'] as const),
    service,
    region,
    ruleId: rule,
    resourceId: `${service}-${resource}`,
    resourceName: `${service} ${resource}`,
    resourceType: random() < 0.2 ? null : `Aws${service}`,
    severity,
    score: scoreOfSeverity(severity),
    frameworks: FRAMEWORKS.filter(() => random() < 0.4),
    tags: tagsOf(random),
    cve: ['CVE-2026-1', 'CVE-2026-2'].filter(() => random() < 0.2),
    package: random() < 0.3 ? 'openssl' : null,
    fixedVersion: random() < 0.3 ? '3.0.1' : null,
    correlationKey: random() < 0.3 ? 'openssl|CVE-2026-1' : null,
  });
  // Of the new rule some things become one: the locator is all that told them apart.
  const locator = random() < 0.2 ? '' : 'v2';
  const shared = random() < 0.2 ? { ...identity, resource: `${service}-one` } : identity;
  return { failing: random() < 0.6, content, renamed: fingerprint({ ...shared, locator }) };
}

function tagsOf(random: Random): Record<string, string> {
  const tags: Record<string, string> = {};
  if (random() < 0.5) tags['owner'] = pick(random, ['ann', 'bob']);
  if (random() < 0.3) tags['tier'] = pick(random, ['1', '2']);
  return tags;
}

/** The world goes on: things break, are mended, and are described otherwise. */
export function drift(random: Random, place: Place): void {
  for (const thing of place.things) {
    if (random() < 0.12) thing.failing = !thing.failing;
    if (random() < 0.05) {
      const severity = pick(random, SEVERITIES);
      thing.content = { ...thing.content, severity, score: scoreOfSeverity(severity) };
    }
    if (random() < 0.03) thing.content = { ...thing.content, tags: tagsOf(random) };
    if (random() < 0.03)
      thing.content = { ...thing.content, frameworks: FRAMEWORKS.filter(() => random() < 0.4) };
    if (random() < 0.03) thing.content = { ...thing.content, title: `Rule of ${random() < 0.5 ? 1 : 2}` };
    if (random() < 0.03)
      thing.content = { ...thing.content, resourceName: pick(random, ['old', 'new', null]) };
  }
}
