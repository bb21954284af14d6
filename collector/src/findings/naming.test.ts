import { performance } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { dresser } from './dress.ts';
import { DEFAULT_SETTINGS, type OwnershipRule } from './settings.ts';
import { groupsOf, namingOf } from './naming.ts';
import { observation } from './testing/builders.ts';

const CONVENTION = '^(?<team>[a-z]+)-(?<environment>prod|test)-(?<product>.+)$';
const owner = { source: 'prowler', cloud: 'aws', account: '1', reportedAccountName: null };

const dressed = (resourceName: string | null, ...ownership: OwnershipRule[]) =>
  dresser(owner, { ...DEFAULT_SETTINGS, ownership })(
    observation({ resourceName, resource: 'core-test-id', tags: { Name: 'x' } }),
  );

describe('names', () => {
  it('say by their convention whose a resource is; what else they say are labels', () => {
    expect(dressed('shop-prod-web', { match: {}, naming: CONVENTION })).toMatchObject({
      team: 'shop',
      environment: 'prod',
      labels: { Name: 'x', product: 'web' },
    });
  });

  it('that follow another one are no matter of the rule', () => {
    const rule = { match: {}, naming: CONVENTION, team: 'platform', labels: { by: 'name' } };
    expect(dressed('bastion', rule)).toMatchObject({ team: null, environment: null, labels: { Name: 'x' } });
    expect(dressed('shop-prod-web', rule)).toMatchObject({
      team: 'shop',
      labels: { by: 'name', product: 'web' },
    });
  });

  it('are ids where a resource has none', () => {
    expect(dressed(null, { match: {}, naming: CONVENTION })).toMatchObject({
      team: 'core',
      environment: 'test',
    });
  });

  it('give way to a later rule', () => {
    const rules = [
      { match: {}, naming: CONVENTION },
      { match: { resource: ['shop-*'] }, team: 'web' },
    ];
    expect(dressed('shop-prod-web', ...rules)).toMatchObject({ team: 'web', environment: 'prod' });
  });

  it('of a hostile report cost no more time than others', () => {
    const read = namingOf('^(?<team>(a+)+)+$');
    const start = performance.now();
    expect(read(`${'a'.repeat(400)}!`)).toBeNull();
    expect(read('a'.repeat(100_000))).toBeNull();
    // With an engine that goes back, the first alone takes longer than the universe has been there.
    expect(performance.now() - start).toBeLessThan(60_000);
  });

  it('are read by regular expressions only', () => {
    expect(groupsOf(CONVENTION)).toEqual(['team', 'environment', 'product']);
    expect(groupsOf('^x')).toEqual([]);
    expect(() => groupsOf('(')).toThrow();
  });
});
