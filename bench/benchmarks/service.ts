import { ours } from '../harness/child.ts';
import { atMost, type Benchmark, mebibytes, rounded } from '../harness/results.ts';

const FEW = 100;
const MANY = 500;

export const service: Benchmark = {
  name: 'service',
  title: 'a scheduled command on 500 accounts: what running it costs beside the command',
  async run({ measure, quick }) {
    const sizes = quick ? [5, 10] : [FEW, MANY];
    const [few, many] = await measure(sizes.map((count) => ours('service', [String(count)])));
    const fact = (name: string): number => many?.facts[name] ?? Number.NaN;
    const growth = (many?.peakBytes ?? Number.NaN) / (few?.peakBytes ?? Number.NaN);
    return {
      rows: [
        ...[few, many].map((result, index) => ({
          what: `${sizes[index]} accounts, one after the other`,
          ...(result === undefined ? {} : { result }),
        })),
        { what: 'the command alone, per run', note: `${rounded(fact('commandMs'))} ms` },
        {
          what: 'the service beside it, per run',
          note: `${rounded(fact('ownMs'))} ms, ${rounded(fact('cpuMs'))} ms of CPU`,
        },
        { what: 'once per task: making it known', note: `${rounded(fact('firstTime'))} requests` },
        { what: 'live heap at the end', note: `${rounded(mebibytes(fact('heapUsed')))} MiB` },
      ],
      goals: [
        atMost('own cost of a run', fact('ownMs'), 50, 'ms'),
        atMost('requests to the bucket per run, without the report', fact('requests'), 6, 'requests'),
        atMost('peak memory with five times the accounts', growth, 1.25, 'times'),
      ],
    };
  },
};
