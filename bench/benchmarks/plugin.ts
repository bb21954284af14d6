import { mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { hasGo } from '../../plugin/tools/go.ts';
import { ours, type TaskResult } from '../harness/child.ts';
import { estateBucket, ESTATES, linkedCopy, withWorkFolder } from '../harness/estates.ts';
import { atMost, type Benchmark, type Goal, type Row, rounded } from '../harness/results.ts';

const MOST = 1.3;

/** As plugin/pkg/plugin/overhead_test.go calls them. */
const ANSWERS = [
  ['sql', 'all columns of findings'],
  ['summary', 'resource, rule, severity and a number'],
  ['trend', 'five series'],
] as const;

export const plugin: Benchmark = {
  name: 'plugin',
  title: 'what the plugin’s backend adds to the API',
  async run({ quick, log, measure }) {
    if (!hasGo()) return { rows: [], goals: [], skipped: 'Go is not installed' };
    const made = await estateBucket(quick ? ESTATES.small : ESTATES.medium, log);
    return withWorkFolder(async (folder) => {
      const [bucket, file] = [path.join(folder, 'bucket'), path.join(folder, 'warehouse')];
      linkedCopy(made, bucket);
      mkdirSync(file);
      const [result] = await measure([ours('plugin', [bucket, file, quick ? '2' : '15'])], 1);
      if (result === undefined) throw new Error('a task is missing');
      return { rows: rowsOf(result), goals: goalsOf(result) };
    });
  },
};

function rowsOf({ facts }: TaskResult): Row[] {
  const ms = (name: string): string => rounded(facts[name] ?? Number.NaN);
  const count = (name: string): string => (facts[name] ?? Number.NaN).toLocaleString('en-US');
  return [
    ...ANSWERS.map(([name, what]) => ({
      what: `${name}: ${what}; ${count(`rows:${name}`)} rows, ${rounded((facts[`bytes:${name}`] ?? Number.NaN) / 1e6)} MB`,
      note: `the API alone ${ms(`alone-ms:${name}`)} ms, through the backend ${ms(`through-ms:${name}`)} ms; from the API’s cache ${ms(`alone-cached-ms:${name}`)} and ${ms(`through-cached-ms:${name}`)} ms`,
    })),
    { what: 'sql: its answer decoded into frames', note: `${ms('decode-ms:sql')} ms` },
  ];
}

function goalsOf({ facts }: TaskResult): Goal[] {
  return ANSWERS.map(([name]) => {
    const ratio = (facts[`through-ms:${name}`] ?? Number.NaN) / (facts[`alone-ms:${name}`] ?? Number.NaN);
    return atMost(`${name}: through the backend against the API alone`, ratio, MOST, 'times its time');
  });
}
