import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingsFrom } from '../../collector/src/config/index.ts';
import { sampleSettingsFor } from '../../collector/src/sample/index.ts';
import { applyConfig, readScopes } from '../../collector/src/lake/lake.ts';
import type { Finding } from '../../collector/src/findings/finding.ts';
import { type Answered, type Api, as, reportsOf, startApi } from './support.ts';

const PAYMENTS = '111122223333';
const STOREFRONT = '444455556666';
const DAY = 86_400_000;

interface Decided {
  readonly verdict: string | null;
  readonly until: number | null;
  readonly by: string;
  readonly scopes: readonly {
    readonly scope: string;
    readonly status: string;
    readonly findings: readonly {
      readonly fingerprint: string;
      readonly from: string;
      readonly to: string;
    }[];
  }[];
}
interface Problem {
  readonly detail: string;
  readonly issues?: readonly { readonly path: string }[];
}

const TOKENS = [
  { name: 'ada', roles: ['operator'] },
  { name: 'payments', roles: ['operator'], accounts: [PAYMENTS] },
  { name: 'web', roles: ['operator'], teams: ['web'] },
] as const;

/** With a warehouse it says where a finding is; without one the bucket is searched. Both decide the same. */
describe.each([{ warehouse: true }, { warehouse: false }])(
  'verdicts (warehouse: $warehouse)',
  ({ warehouse }) => {
    let api: Api;
    let findings: readonly Finding[];

    beforeAll(async () => {
      api = await startApi({ tokens: TOKENS, ...(warehouse ? {} : { warehouse: false }) });
      await applyConfig(api.committer, settingsFrom(sampleSettingsFor(Date.now())), 'ada', Date.now() - DAY);
      for (const report of reportsOf(1, [PAYMENTS, STOREFRONT])) {
        const { status } = await api.bring(Buffer.from(report.content()), '', { headers: as('ada') });
        expect(status).toBe(200);
      }
      await api.warehouse?.refresh();
      findings = await stored();
    });
    afterAll(() => api.close());

    async function stored(): Promise<Finding[]> {
      const all: Finding[] = [];
      for await (const { state } of readScopes(api.committer)) all.push(...state.findings.values());
      return all;
    }
    const of = (account: string, source = 'prowler'): Finding[] =>
      findings.filter((one) => one.account === account && one.source === source && one.mute === null);
    const nth = (list: readonly Finding[], index: number): string => {
      const finding = list[index];
      if (finding === undefined) throw new Error(`the estate has no ${index}th finding`);
      return finding.fingerprint;
    };
    const decide = <T = Decided>(where: string, body: unknown, name = 'ada'): Promise<Answered<T>> =>
      api.post<T>(where, body, { headers: as(name) });
    const one = <T = Decided>(fingerprint: string, body: unknown, name?: string): Promise<Answered<T>> =>
      decide<T>(`/findings/${fingerprint}/verdicts`, body, name);
    const verdictOf = async (fingerprint: string): Promise<Finding['verdict']> =>
      (await stored()).find((finding) => finding.fingerprint === fingerprint)?.verdict ?? null;

    it('are kept with who and why, and say what changed', async () => {
      const fingerprint = nth(of(PAYMENTS), 0);
      const until = Date.now() + 30 * DAY;
      const { status, body } = await one(fingerprint, { verdict: 'accepted', until, reason: 'old VPN' });
      expect(status).toBe(200);
      expect(body).toMatchObject({ verdict: 'accepted', until, by: 'token:ada' });
      expect(body.scopes).toEqual([
        {
          scope: `prowler/aws/${PAYMENTS}`,
          status: 'committed',
          findings: [{ fingerprint, from: 'open', to: 'accepted' }],
        },
      ]);
      expect(await verdictOf(fingerprint)).toMatchObject({
        kind: 'accepted',
        by: 'token:ada',
        reason: 'old VPN',
        until,
      });
    });

    it('can be taken back; twice does no harm', async () => {
      const fingerprint = nth(of(PAYMENTS), 1);
      await one(fingerprint, { verdict: 'false_positive', reason: 'a machine user' });
      const first = await one(fingerprint, { verdict: null, reason: 'decided anew' });
      expect(first.body.scopes[0]?.findings[0]).toMatchObject({ from: 'false_positive', to: 'open' });
      const second = await one(fingerprint, { verdict: null, reason: 'decided anew' });
      expect([second.status, second.body.scopes[0]?.status]).toEqual([200, 'unchanged']);
      expect(await verdictOf(fingerprint)).toBeNull();
    });

    it('may be given by the beginning of a fingerprint, of one finding', async () => {
      const fingerprint = nth(of(PAYMENTS), 2);
      const { body } = await one(fingerprint.slice(0, 12).toUpperCase(), {
        verdict: 'false_positive',
        reason: 'x',
      });
      expect(body.scopes[0]?.findings[0]?.fingerprint).toBe(fingerprint);
      expect((await one('0000000', { verdict: null, reason: 'x' })).status).toBe(400);
      expect((await one('00000000', { verdict: null, reason: 'x' })).status).toBe(404);
    });

    it('end with their last day', async () => {
      const fingerprint = nth(of(PAYMENTS), 3);
      const { body } = await one(fingerprint, { verdict: 'accepted', until: '2099-03-31', reason: 'x' });
      expect(new Date(body.until ?? 0).toISOString()).toBe('2099-03-31T23:59:59.999Z');
    });

    it.each([
      [{ verdict: 'accepted', reason: 'x' }, 'until'],
      [{ verdict: 'accepted', until: '2001-01-01', reason: 'x' }, 'until'],
      [{ verdict: 'accepted', until: 'tomorrow', reason: 'x' }, 'until'],
      [{ verdict: 'accepted', until: '2099-02-30', reason: 'x' }, 'until'],
      [{ verdict: 'false_positive', until: '2099-01-01', reason: 'x' }, 'until'],
      [{ verdict: 'muted', reason: 'x' }, 'verdict'],
      [{ verdict: null, reason: '  ' }, 'reason'],
      [{ verdict: null }, 'reason'],
      [{ reason: 'x' }, 'verdict'],
    ])('refuse %j', async (body, path) => {
      const fingerprint = nth(of(PAYMENTS), 4);
      const { status, body: problem } = await one<Problem>(fingerprint, body);
      expect([status, problem.issues?.map((issue) => issue.path)]).toEqual([400, [path]]);
      expect(await verdictOf(fingerprint)).toBeNull();
    });

    it('may be many at once, over scopes', async () => {
      const chosen = [
        ...of(PAYMENTS).slice(10, 40),
        ...of(STOREFRONT).slice(10, 40),
        ...of(PAYMENTS, 'scoutsuite').slice(0, 5),
      ];
      const fingerprints = chosen.map(({ fingerprint }) => fingerprint);
      const { body } = await decide('/verdicts', { fingerprints, verdict: 'false_positive', reason: 'bulk' });
      expect(body.scopes.map(({ scope }) => scope).sort()).toEqual(
        [`prowler/aws/${PAYMENTS}`, `prowler/aws/${STOREFRONT}`, `scoutsuite/aws/${PAYMENTS}`].sort(),
      );
      expect(
        body.scopes
          .flatMap((scope) => scope.findings)
          .map(({ fingerprint }) => fingerprint)
          .sort(),
      ).toEqual(fingerprints.sort());
    });

    it('are all or none', async () => {
      const fingerprint = nth(of(PAYMENTS), 5);
      const fingerprints = [fingerprint, 'f'.repeat(32)];
      const { status, body } = await decide<Problem>('/verdicts', {
        fingerprints,
        verdict: 'false_positive',
        reason: 'x',
      });
      expect([status, body.detail]).toEqual([
        404,
        `There is no finding ${'f'.repeat(32)}; nothing was changed.`,
      ]);
      expect(await verdictOf(fingerprint)).toBeNull();
      const tooMany = Array.from({ length: 10_001 }, (_, index) => index.toString(16).padStart(32, '0'));
      const answer = await decide<Problem>('/verdicts', {
        fingerprints: tooMany,
        verdict: null,
        reason: 'x',
      });
      expect([answer.status, answer.body.issues?.[0]?.path]).toEqual([400, 'fingerprints']);
      expect((await decide('/verdicts', { fingerprints: [], verdict: null, reason: 'x' })).status).toBe(400);
      expect(
        (await decide('/verdicts', { fingerprints: tooMany.slice(1), verdict: null, reason: 'x' })).status,
      ).toBe(404);
    });

    it('are not for those who do not see the finding', async () => {
      const [own, foreign] = [nth(of(PAYMENTS), 6), nth(of(STOREFRONT), 6)];
      const body = { verdict: 'false_positive', reason: 'x' };
      expect((await one(foreign, body, 'payments')).status).toBe(404);
      expect((await decide('/verdicts', { ...body, fingerprints: [own, foreign] }, 'payments')).status).toBe(
        404,
      );
      expect([await verdictOf(own), await verdictOf(foreign)]).toEqual([null, null]);
      expect((await one(own, body, 'payments')).status).toBe(200);
      const [ours, theirs] = [of(STOREFRONT), of(PAYMENTS)].map((list) =>
        list.find(({ team, verdict }) => team !== null && verdict === null),
      );
      expect([ours?.team, theirs?.team]).toEqual(['web', 'payments']);
      expect((await one(ours?.fingerprint ?? '', body, 'web')).status).toBe(200);
      expect((await one(theirs?.fingerprint ?? '', body, 'web')).status).toBe(404);
    });

    it('are written down with what was before and after', async () => {
      const fingerprint = nth(of(PAYMENTS), 7);
      await one(fingerprint, { verdict: 'false_positive', reason: 'first' });
      await one(fingerprint, { verdict: null, reason: 'second' });
      const entries: { before: unknown[]; after: unknown[]; subject: string }[] = [];
      for await (const { key } of api.store.list('audit/')) {
        const text = (await api.store.get(key))?.body.toString() ?? '';
        if (text.includes(fingerprint)) entries.push(JSON.parse(text) as (typeof entries)[number]);
      }
      expect(entries.every(({ subject }) => subject === 'token:ada')).toBe(true);
      const pairs = entries.map(({ before, after }) => [before[0], after[0]]);
      const falsePositive = { fingerprint, verdict: { kind: 'false_positive', reason: 'first' } };
      expect(pairs).toHaveLength(2);
      expect(pairs).toContainEqual([
        { fingerprint, verdict: null },
        expect.objectContaining({ fingerprint }) as unknown,
      ]);
      expect(pairs).toContainEqual([
        expect.objectContaining({ fingerprint }) as unknown,
        { fingerprint, verdict: null },
      ]);
      expect(pairs.flat()).toContainEqual(
        expect.objectContaining({ verdict: expect.objectContaining(falsePositive.verdict) as unknown }),
      );
    });
  },
);
