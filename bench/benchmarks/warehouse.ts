import * as path from 'node:path';
import { ours, runTask, type TaskResult } from '../harness/child.ts';
import { type Estate, estateBucket, ESTATES, linkedCopy, withWorkFolder } from '../harness/estates.ts';
import type { Benchmark, Context, Row } from '../harness/results.ts';
import { mebibytes, rounded } from '../harness/results.ts';
import { byHandTable, goalsOf, growthFigure, growthTable, panelTable } from './warehouse-tables.ts';

/** How one estate went. */
export interface Sized {
  readonly estate: Estate;
  readonly build: TaskResult;
  readonly cold: TaskResult;
  readonly queries: TaskResult;
  readonly refresh: TaskResult;
}

/** What is measured with the largest only. */
export interface Compared {
  readonly byHand: TaskResult;
  readonly day: TaskResult;
  readonly dayBytes: number;
}

export const warehouse: Benchmark = {
  name: 'warehouse',
  title: 'every panel of every dashboard, of estates of 10,000 to 1,000,000 open findings',
  async run(context) {
    const { quick, huge } = context;
    const { tiny, small, medium, large } = ESTATES;
    const main = quick ? small : large;
    const sized: Sized[] = [];
    let compared: Compared | undefined;
    for (const estate of [
      ...(quick ? [tiny, small] : [small, medium, large]),
      ...(huge ? [ESTATES.huge] : []),
    ]) {
      const found = await measured(estate, context, estate === main);
      sized.push(found.sized);
      compared ??= found.compared;
    }
    const goals = sized.find(({ estate }) => estate === main);
    if (goals === undefined || compared === undefined) throw new Error('a task is missing');
    return {
      rows: [...sized.flatMap(rowsOf), ...comparedRows(goals, compared)],
      goals: goalsOf(goals, compared),
      tables: [growthTable(sized), byHandTable(compared), panelTable(goals)],
      figures: [growthFigure(sized)],
    };
  },
};

async function measured(
  estate: Estate,
  { quick, rounds, log, measure }: Context,
  compare: boolean,
): Promise<{ sized: Sized; compared: Compared | undefined }> {
  const made = await estateBucket(estate, log);
  return withWorkFolder(async (folder) => {
    const [bucket, file] = [path.join(folder, 'bucket'), path.join(folder, 'warehouse')];
    linkedCopy(made, bucket);
    const runs = quick ? '3' : '15';
    log(`${estate.name} open findings`);
    const [build] = await measure([ours('warehouse-build', [bucket, file])], 1);
    const [cold] = await measure([ours('warehouse-cold', [bucket, path.join(folder, 'cold')])], rounds);
    const [queries] = await measure([ours('warehouse-queries', [bucket, file, runs, quick ? '4' : '16'])], 1);
    let compared: Compared | undefined;
    if (compare) {
      const json = path.join(folder, 'day.json');
      const { facts } = await runTask(ours('day-write', [bucket, file, json]));
      const [day, byHand] = await measure([
        ours('day-group', [json]),
        ours('warehouse-by-hand', [bucket, file, runs]),
      ]);
      if (!day || !byHand) throw new Error('a task is missing');
      compared = { day, byHand, dayBytes: facts['bytes'] ?? Number.NaN };
    }
    // The last: it changes the bucket.
    const [refresh] = await measure([ours('warehouse-refresh', [bucket, file])], 1);
    if (!build || !cold || !queries || !refresh) throw new Error('a task is missing');
    return { sized: { estate, build, cold, queries, refresh }, compared };
  });
}

function rowsOf({ estate, build, cold, queries, refresh }: Sized): Row[] {
  const count = (value: number | undefined): string => (value ?? Number.NaN).toLocaleString('en-US');
  const { facts } = build;
  return [
    {
      what: `${estate.name}: made from the bucket's commits`,
      result: build,
      note: `${count(facts['open'])} open of ${count(facts['findings'])} findings, ${count(facts['events'])} events, ${count(facts['cube'])} rows in the cube; sorted and saved ${rounded(facts['savedSeconds'] ?? Number.NaN)} s later; ${rounded(mebibytes(facts['fileBytes'] ?? 0))} MiB on disk`,
    },
    { what: `${estate.name}: cold start from the saved one, to the first answer`, result: cold },
    {
      what: `${estate.name}: ${count(queries.facts['panels'])} queries × ${count(queries.facts['runs'])}, one client`,
      result: queries,
      note: `then all clients at once: ${rounded(queries.facts['togetherPerSecond'] ?? Number.NaN)} queries per second`,
    },
    {
      what: `${estate.name}: refresh after one account's run, the median account`,
      result: refresh,
      note: `${rounded(refresh.facts['eventsPerRun'] ?? Number.NaN)} events; ${rounded(refresh.facts['busySeconds'] ?? Number.NaN)} s while two clients ask, whose p95 is ${rounded(refresh.facts['queriesMeanwhile95'] ?? Number.NaN)} ms`,
    },
  ];
}

function comparedRows({ queries, estate }: Sized, { day, dayBytes }: Compared): Row[] {
  const panels = queries.facts['todaySeconds'] ?? Number.NaN;
  return [
    {
      what: `peer: a day's JSON of ${estate.name} open findings, read, parsed and grouped for the overview`,
      inputBytes: dayBytes,
      result: day,
    },
    {
      what: 'the same panels by the warehouse, one after another, with trends',
      result: { ...queries, seconds: panels, cpuSeconds: Number.NaN, peakBytes: Number.NaN },
    },
  ];
}
