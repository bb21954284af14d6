import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../../../test/support/memory-store.ts';
import { Secrets } from '../secrets.ts';
import { memoryOf } from './memory.ts';
import { pace } from './pace.ts';
import { type AskRegion, gapsOf, type Listed, listRegions } from './regions.ts';
import type { PullRequest } from './request.ts';

interface Told {
  readonly listed: Listed;
  readonly reports: { readonly name: string; readonly text: string }[];
}

const ABOUT = { source: 's', mode: 'snapshot', list: 'findings' } as const;

const log = pino({ level: 'silent' });

async function list(regions: readonly string[], ask: AskRegion): Promise<Told> {
  const reports: Told['reports'] = [];
  const request: PullRequest = {
    job: {
      ...{ name: 'j', scanner: 'inspector2', enabled: true, timezone: 'UTC', jitterMs: 0, catchUp: true },
      ...{ targets: [], regions: [], args: [], reports: [], complete: false, env: {}, timeoutMs: 1 },
      ...{ attempts: 1, backoffMs: 1, nice: 0, concurrency: 1 },
    },
    on: { kind: 'one', value: '' },
    cursor: null,
    observedAt: Date.UTC(2026, 10, 20),
    signal: new AbortController().signal,
    log,
    credentials: null,
    context: { env: {}, secrets: new Secrets({}, Date.now), log },
    outside: () => Promise.resolve({ perimeter: { assets: [], gone: [] }, jobs: [] }),
    over: new AbortController().signal,
    memory: memoryOf(new MemoryStore(), { job: 'j', target: '' }, Date.now),
    write: async ({ name }, pieces) => {
      let text = '';
      for await (const piece of pieces)
        text += typeof piece === 'string' ? piece : Buffer.from(piece).toString();
      reports.push({ name, text });
    },
  };
  return { listed: await listRegions(request, ABOUT, regions, ask), reports };
}

const findingsOf = (text: string): number => (JSON.parse(text) as { findings: unknown[] }).findings.length;
const unknownHost = (): Error =>
  new Error('no answer', { cause: Object.assign(new Error('dns'), { code: 'ENOTFOUND' }) });

describe('regions that are listed', () => {
  it('go into one report until it is large, and into the next from the next region on', async () => {
    const { reports, listed } = await list(['a', 'b', 'c'], async function* () {
      for (let page = 0; page < 120; page++) yield Array.from({ length: 100 }, () => ({}));
      return Promise.resolve([]);
    });
    expect(reports.map(({ name }) => name)).toEqual(['s-snapshot-1.json', 's-snapshot-2.json']);
    expect(reports.map(({ text }) => findingsOf(text))).toEqual([24_000, 12_000]);
    expect(listed.done).toEqual(['a', 'b', 'c']);
  });

  it('end a report within a region where a part of it has come whole, which is covered there', async () => {
    const { reports, listed } = await list(['a', 'b'], async function* (region) {
      for (const account of ['1', '2', '3']) {
        for (let page = 0; page < 120; page++) yield Array.from({ length: 100 }, () => ({ account, region }));
        if (region === 'a' && account === '3') throw new Error('a is gone');
        yield { whole: [{ accounts: [account], cells: [`x@${region}`] }] };
      }
      return Promise.resolve([]);
    });
    expect(reports.map(({ text }) => findingsOf(text))).toEqual([24_000, 24_000, 24_000]);
    const covered = reports.map(({ text }) =>
      (JSON.parse(text) as { listed: { covered: { accounts: string[]; cells: string[] }[] } }).listed.covered
        .filter(({ cells }) => cells.length > 0)
        .map(({ accounts, cells }) => `${accounts.join()} ${cells.join()}`),
    );
    expect(covered).toEqual([['1 x@a', '2 x@a'], ['1 x@b'], ['2 x@b', '3 x@b']]);
    expect(listed).toEqual({ done: ['b'], partly: [], off: [], gaps: ['a is gone'] });
  });

  it('leave no report where the service is off in all of them', async () => {
    const { reports, listed } = await list(['a', 'b'], async function* () {
      yield* [];
      return Promise.resolve(null);
    });
    expect(reports).toEqual([]);
    expect(listed).toEqual({ done: [], partly: [], off: ['a', 'b'], gaps: [] });
    expect(gapsOf(listed)).toEqual([]);
  });

  it('keep what came before a failure, and are not covered by it', async () => {
    const { reports, listed } = await list(['a', 'b'], async function* (region) {
      yield [{ region }];
      if (region === 'a') throw new Error('a is gone');
      return Promise.resolve([{ accounts: ['1'], cells: ['x@b'] }]);
    });
    expect(listed).toEqual({ done: ['b'], partly: [], off: [], gaps: ['a is gone'] });
    const [report] = reports;
    expect(findingsOf(report?.text ?? '')).toBe(2);
    expect(report?.text).not.toContain('x@a');
    expect(JSON.parse(report?.text ?? '')).toMatchObject({ listed: { notes: ['a is gone'] } });
  });

  it('whose name is lost in the middle of their list were not switched off there', async () => {
    const { listed } = await list(['a', 'b'], async function* (region) {
      yield [{ region }];
      if (region === 'a') throw unknownHost();
      return Promise.resolve([]);
    });
    expect(listed).toEqual({ done: ['b'], partly: [], off: [], gaps: ['no answer'] });
  });

  it('whose name no network knows have no such service; where none is known, the network is away', async () => {
    const only = (known: string): AskRegion =>
      async function* (region) {
        yield* [];
        if (region !== known) throw unknownHost();
        return Promise.resolve([]);
      };
    expect((await list(['a', 'b'], only('b'))).listed).toEqual({
      done: ['b'],
      partly: [],
      off: ['a'],
      gaps: [],
    });
    const { listed } = await list(['a', 'b'], only('-'));
    expect(listed.off).toEqual([]);
    expect(() => gapsOf(listed)).toThrow('no address of the service can be resolved (a, b)');
  });
});

it('a pace lets a few through at once, then only so many a second', async () => {
  const turn = pace(50, 5, new AbortController().signal);
  const begin = performance.now();
  for (let count = 0; count < 15; count++) await turn();
  // Ten of them had to wait for 20 ms each; timers may be a millisecond early.
  expect(performance.now() - begin).toBeGreaterThan(180);
});
