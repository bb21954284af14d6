import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Bounds, narrowed } from '../../collector/src/api/access/bounds.ts';

interface Thing {
  readonly cloud: string;
  readonly account: string;
  readonly team: string | null;
}

/** As the warehouse has it (query/visible.ts). */
function sees({ accounts, teams }: Bounds, { cloud, account, team }: Thing): boolean {
  return (
    (accounts === null || accounts.includes(account) || accounts.includes(`${cloud}/${account}`)) &&
    (teams === null || (team !== null && teams.includes(team)))
  );
}

const cloud = fc.constantFrom('aws', 'azure', 'github');
const account = fc.constantFrom('1', '2', 'aws/1', 'owner/repo', 'repo');
const team = fc.constantFrom('a', 'b');
const bounds: fc.Arbitrary<Bounds> = fc.record({
  accounts: fc.option(
    fc.array(
      fc.oneof(
        account,
        fc.tuple(cloud, account).map((parts) => parts.join('/')),
      ),
      { maxLength: 4 },
    ),
  ),
  teams: fc.option(fc.array(team, { maxLength: 2 })),
});

it('never lets through what one of the two does not', () => {
  fc.assert(
    fc.property(
      bounds,
      bounds,
      fc.record({ cloud, account: fc.constantFrom('1', '2', 'owner/repo', 'repo'), team: fc.option(team) }),
      (a, b, thing) => {
        if (sees(narrowed(a, b), thing)) {
          expect(sees(a, thing) && sees(b, thing)).toBe(true);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

it('lets through what both do, also where one says the cloud', () => {
  const thing = { cloud: 'aws', account: '1', team: 'a' };
  expect(narrowed({ accounts: ['1', '2'], teams: null }, { accounts: ['aws/1'], teams: ['a'] })).toEqual({
    accounts: ['aws/1'],
    teams: ['a'],
  });
  expect(
    sees(narrowed({ accounts: ['aws/1'], teams: ['a', 'b'] }, { accounts: ['1'], teams: ['a'] }), thing),
  ).toBe(true);
  expect(narrowed({ accounts: null, teams: null }, { accounts: null, teams: [] })).toEqual({
    accounts: null,
    teams: [],
  });
});
