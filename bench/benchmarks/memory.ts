import { ours } from '../harness/child.ts';
import { atMost, type Benchmark, mebibytes } from '../harness/results.ts';

const ROWS = 2000;

export const memory: Benchmark = {
  name: 'memory',
  title: 'many accounts by one process, 2,000 rows each',
  async run({ quick, measure }) {
    const counts = quick ? [2, 10, 20] : [10, 100, 500];
    // The peak hardly differs from run to run, and the largest takes a minute.
    const results = await measure(
      counts.map((count) => ours('many-accounts', [String(count), String(ROWS)])),
      1,
    );
    const [small, large] = [results[0], results.at(-1)];
    if (small === undefined || large === undefined) throw new Error('a task is missing');
    return {
      rows: results.map((result, index) => ({
        what: `${counts[index] ?? 0} accounts`,
        result,
        note: `${result.facts['findings'] ?? 0} findings; ${Math.round(mebibytes(result.facts['heapUsed'] ?? 0))} MiB still in use at the end`,
      })),
      goals: [
        atMost(
          `what is in use after ${counts.at(-1) ?? 0} accounts against ${counts[0] ?? 0}`,
          (large.facts['heapUsed'] ?? 0) / (small.facts['heapUsed'] ?? 1),
          1.2,
          'times',
        ),
        atMost(
          `peak memory of ${counts.at(-1) ?? 0} accounts against ${counts[0] ?? 0} (${Math.round(mebibytes(small.peakBytes))} MiB)`,
          large.peakBytes / small.peakBytes,
          1.2,
          'times',
        ),
      ],
    };
  },
};
