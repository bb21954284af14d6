import { DEFAULT_SETTINGS, type Settings } from '../../collector/src/findings/settings.ts';
import { SEVERITIES } from '../../collector/src/findings/severity.ts';
import { DAY } from '../../collector/src/findings/testing/builders.ts';
import type { Random } from '../support/random.ts';
import { pick } from './pick.ts';
import { HOUR, type Place, REGIONS, SERVICES } from './places.ts';

const TEAMS = ['payments', 'platform', 'web'];

/** A configuration in which every kind of rule may be there or not. */
export function randomSettings(random: Random, now: number, places: readonly Place[]): Settings {
  const maybe = <T>(chance: number, value: () => T): T[] => (random() < chance ? [value()] : []);
  const service = (): string => pick(random, Object.keys(SERVICES));
  return {
    ...DEFAULT_SETTINGS,
    sla: {
      days: { CRITICAL: pick(random, [1, 3]), HIGH: pick(random, [5, 8]), MEDIUM: pick(random, [10, 30]) },
      teams: random() < 0.3 ? { payments: { CRITICAL: 2, LOW: 9 } } : {},
    },
    accounts: [
      ...maybe(0.6, () => ({
        account: '111111111111',
        name: 'Payments',
        team: pick(random, TEAMS),
        sources: ['prowler', 'nmap'],
      })),
      ...maybe(0.4, () => ({
        cloud: 'azure',
        account: '222222222222',
        environment: 'production',
        labels: { cost: '7' },
      })),
      ...maybe(0.4, () => ({ account: '222222222222', name: 'Web', team: 'web', environment: 'test' })),
      ...maybe(0.3, () => ({ account: '333333333333', name: 'Silent', team: 'web', sources: ['prowler'] })),
    ],
    ownership: [
      ...maybe(0.5, () => ({ match: { service: [service()] }, team: pick(random, TEAMS) })),
      ...maybe(0.4, () => ({ match: { region: ['us-*'] }, environment: 'staging', labels: { cost: '9' } })),
      ...maybe(0.3, () => ({ match: { label: { owner: ['ann'] } }, team: 'platform' })),
    ],
    mutes: [
      ...maybe(0.4, () => ({
        id: 'm1',
        owner: 'ops',
        reason: 'known',
        expires: aligned(random, now, places),
        match: { rule: ['s3_*'], region: [pick(random, REGIONS)] },
      })),
      ...maybe(0.3, () => ({
        id: 'm2',
        owner: 'ops',
        reason: 'known',
        expires: now + pick(random, [-DAY, 0, DAY, 12 * DAY]),
        match: { service: [service()] },
      })),
      ...maybe(0.3, () => ({
        id: 'm3',
        owner: 'ops',
        reason: 'going away',
        expires: now + 9 * DAY,
        match: { resource: ['old'] },
      })),
    ],
    severity: [
      ...maybe(0.2, () => ({ match: { resource: ['new'] }, severity: 'LOW' as const })),
      ...maybe(0.4, () => ({ match: { rule: [`${service()}_*`] }, severity: pick(random, SEVERITIES) })),
    ],
  };
}

/** A time after `after`, often exactly when some scope is going to scan. */
export function aligned(random: Random, after: number, places: readonly Place[]): number {
  const scans = places.map(({ next }) => next).filter((next) => next > after);
  if (scans.length > 0 && random() < 0.5) return pick(random, scans) + pick(random, [0, 0, 1, -1]);
  return after + pick(random, [1, HOUR, 2 * DAY, 9 * DAY]);
}
