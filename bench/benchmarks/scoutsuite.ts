import { ours, peer } from '../harness/child.ts';
import { scoutsuiteInput } from '../harness/inputs.ts';
import { atLeast, atMost, type Benchmark, mebibytes } from '../harness/results.ts';

const PEAK_MIB = 512;
const TIMES_FASTER = 5;

export const scoutsuite: Benchmark = {
  name: 'scoutsuite',
  title: 'one ScoutSuite report of 600 MB',
  async run({ quick, measure }) {
    const input = scoutsuiteInput({ megabytes: quick ? 40 : 600, items: 4000 });
    const [parsing, ingesting, summing, scanning] = await measure([
      ours('parse', [input.path]),
      ours('ingest', [input.path]),
      peer('sum_scoutsuite.py', [input.path]),
      ours('scan', [input.path]),
    ]);
    if (!parsing || !ingesting || !summing || !scanning) throw new Error('a task is missing');
    return {
      rows: [
        { what: 'sightline parse', inputBytes: input.bytes, result: parsing },
        { what: 'sightline ingest, into a new folder', inputBytes: input.bytes, result: ingesting },
        {
          what: 'peer: Python loads it and sums the counters',
          inputBytes: input.bytes,
          result: summing,
        },
        {
          what: 'limit: every byte looked at once, in JavaScript',
          inputBytes: input.bytes,
          result: scanning,
        },
      ],
      goals: [
        atMost('peak memory of parsing', mebibytes(parsing.peakBytes), PEAK_MIB, 'MiB'),
        atMost('peak memory of ingesting', mebibytes(ingesting.peakBytes), PEAK_MIB, 'MiB'),
        atLeast('parsing against the peer', summing.seconds / parsing.seconds, TIMES_FASTER, 'times as fast'),
        atLeast(
          'ingesting against the peer',
          summing.seconds / ingesting.seconds,
          TIMES_FASTER,
          'times as fast',
        ),
      ],
    };
  },
};
