import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWarehouse, type MirroredWarehouse } from '../../collector/src/warehouse/warehouse.ts';
import { type Access, FULL_ACCESS } from '../../collector/src/warehouse/access.ts';
import type { Measure } from '../../collector/src/warehouse/query/measures.ts';
import { FINDING_ORDERS } from '../../collector/src/warehouse/query/request.ts';
import type { QueryResult } from '../../collector/src/warehouse/query/result.ts';
import { randomFrom } from '../support/random.ts';
import { accessOf, randomCase } from './cases.ts';
import { problemOf, smallest } from './check.ts';
import { readEstate } from './model/estate.ts';
import { ENTERED, LEFT } from './model/flows.ts';
import { Model } from './model/measures.ts';
import { pick } from './pick.ts';
import { START } from './places.ts';
import { makeWorld, type World } from './random.ts';
import { seedsOf } from './seeds.ts';

const DAY = 86_400_000;
const STEPS = 90;
const CASES = Number(process.env['SIGHTLINE_CASES'] ?? 40);

async function openWarehouseOf(world: World, folder: string): Promise<MirroredWarehouse> {
  const warehouse = await openWarehouse({
    committer: world.committer,
    folder,
    memoryMiB: 256,
    threads: 2,
    concurrency: 2,
    refreshMs: null,
    queryTimeoutMs: 30_000,
    maxRows: 50_000,
    sql: false,
    timezone: 'UTC',
    cadenceHours: {},
    log: pino({ level: 'silent' }),
  });
  await warehouse.refresh();
  return warehouse;
}

async function ask(
  warehouse: MirroredWarehouse,
  access: Access,
  { from, to }: { readonly from: number; readonly to: number },
  query: object,
): Promise<QueryResult> {
  const body = { from, to, queries: [{ refId: 'A', ...query }] };
  const answer = (await warehouse.query(body, access, {})).results.get('A');
  if (answer?.ok !== true) throw new Error(JSON.stringify([answer?.error, body]));
  return answer.result;
}

/** Flows that are events of their own kind, whatever else happened in the same moment. */
const EVENTS_OF_FLOWS = ['new', 'onboarded', 'ruleset', 'expired', 'restored'] as const;

describe.each(seedsOf(6))('the warehouse of a random history (seed %i)', (seed) => {
  const random = randomFrom(seed * 7919);
  const folder = mkdtempSync(join(tmpdir(), 'sightline-model-'));
  let warehouse: MirroredWarehouse;
  let model: Model;
  beforeAll(async () => {
    const world = makeWorld(seed, STEPS);
    while (await world.step());
    warehouse = await openWarehouseOf(world, folder);
    model = new Model(await readEstate(world.committer));
  });
  afterAll(async () => {
    await warehouse.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('answers trends and summaries as the model does', async () => {
    for (let n = 0; n < CASES; n++) {
      const asked = randomCase(random, model);
      const problem = await problemOf(warehouse, model, asked);
      if (problem === null) continue;
      const least = await smallest(warehouse, model, asked, problem);
      expect.fail(`seed ${seed}, question ${n}: ${least.problem}\n${JSON.stringify(least.asked)}`);
    }
  });

  it('keeps opening + flows = closing, in every group and interval', async () => {
    for (const groupBy of [[], ['severity'], ['service', 'team'], ['rule'], ['label:owner', 'region']]) {
      const from = START + Math.floor(random() * 10 * DAY);
      const range = { from, to: from + 12 * DAY };
      const result = await ask(warehouse, FULL_ACCESS, range, {
        type: 'trend',
        measures: ['open', ...ENTERED, ...LEFT],
        groupBy,
        interval: '1d',
        limit: pick(random, [2, 50]),
      });
      if (result.kind !== 'trend') throw new Error(result.kind);
      for (const group of new Set(result.series.map((series) => JSON.stringify(series.group)))) {
        const own = result.series.filter((series) => JSON.stringify(series.group) === group);
        const at = (measure: Measure, interval: number): number =>
          own.find((series) => series.measure === measure)?.values[interval] ?? NaN;
        for (let n = 1; n < result.times.length; n++) {
          const sum = (some: readonly Measure[]): number => some.reduce((all, flow) => all + at(flow, n), 0);
          const context = `seed ${seed}, ${groupBy.join()} ${group}, from ${from}, interval ${n}`;
          expect(at('open', n), context).toBe(at('open', n - 1) + sum(ENTERED) - sum(LEFT));
        }
      }
    }
  });

  it('lists the findings that the model sees, page by page, and counts each once', async () => {
    for (let n = 0; n < 8; n++) {
      const asked = randomCase(random, model);
      const { filters, from, to, asOf, accounts, teams } = asked;
      const seen = model.seenBy({ accounts, teams });
      const chosen = filters.some(({ field }) => field === 'status');
      const wanted = seen
        .statesAt(asOf ?? to, filters)
        .filter(({ status }) => chosen || (status !== 'fixed' && status !== 'retired'))
        .map(({ fingerprint }) => fingerprint);
      const context = `seed ${seed}, ${JSON.stringify({ filters, to, asOf, accounts, teams })}`;
      const query = {
        type: 'findings',
        filters,
        limit: pick(random, [7, 50, 5_000]),
        orderBy: pick(random, FINDING_ORDERS),
        direction: pick(random, ['asc', 'desc']),
        ...(asOf === null ? {} : { asOf }),
      };
      const listed: unknown[] = [];
      let cursor: string | null = null;
      do {
        const more: object = cursor === null ? query : { ...query, cursor };
        const page = await ask(warehouse, accessOf(asked), { from, to }, more);
        if (page.kind !== 'findings') throw new Error(page.kind);
        const column = page.columns.findIndex(({ name }) => name === 'fingerprint');
        listed.push(...page.rows.map((row) => row[column]));
        expect(page.total, context).toBe(wanted.length);
        cursor = page.nextCursor;
      } while (cursor !== null);
      expect(listed.sort(), context).toEqual(wanted.sort());
    }
  });

  it('tells as many events of each kind as the model has flows', async () => {
    for (let n = 0; n < 6; n++) {
      const asked = randomCase(random, model);
      const { filters, to, accounts, teams } = asked;
      const range = { from: to - 5 * DAY, to };
      const seen = model.seenBy({ accounts, teams });
      for (const kind of EVENTS_OF_FLOWS) {
        const query = { type: 'events', kinds: [kind], filters, limit: 5_000 };
        const result = await ask(warehouse, accessOf(asked), range, query);
        if (result.kind !== 'events') throw new Error(result.kind);
        const { total } = seen.answer({ measure: kind, dimensions: [], filters, ...range });
        const context = `seed ${seed}, ${kind}, ${JSON.stringify({ filters, range, accounts, teams })}`;
        expect(result.total, context).toBe(total);
        expect(result.rows.length, context).toBe(total);
      }
    }
  });

  it('counts a finding once in totals, however many frameworks it has', async () => {
    const to = model.estate.now - 2 * DAY;
    const range = { from: to - DAY, to };
    const once = model.statesAt(to, []).length;
    for (const dimension of ['framework', 'control', 'cve'] as const) {
      const query = { type: 'summary', measures: ['findings'], groupBy: [dimension] };
      const result = await ask(warehouse, FULL_ACCESS, range, query);
      if (result.kind !== 'summary') throw new Error(result.kind);
      expect(result.total.values).toEqual([once]);
      const inGroups = result.rows.reduce((sum, { values }) => sum + (values[0] ?? 0), 0);
      const dimensions = [dimension];
      const wanted = model.answer({ measure: 'findings', dimensions, filters: [], ...range });
      expect(inGroups).toBe(
        [...wanted.groups.values()].reduce<number>((sum, value) => sum + (value ?? 0), 0),
      );
      if (dimension !== 'cve') expect(inGroups).toBeGreaterThan(once);
    }
  });
});
