import { ours, type TaskResult } from '../harness/child.ts';
import { ocsfInput } from '../harness/inputs.ts';
import { atLeast, atMost, type Benchmark, mebibytes } from '../harness/results.ts';

const PEAK_MIB = 512;
const FINDINGS_PER_SECOND = 25_000;
/** One in a hundred findings changes: half of them are gone, as many are new. */
const CHANGED_SHARE = 0.005;

function fact(result: TaskResult, name: string): number {
  return result.facts[name] ?? Number.NaN;
}

export const prowler: Benchmark = {
  name: 'prowler',
  title: 'one Prowler OCSF report with 125,000 findings',
  async run({ quick, measure }) {
    const findings = quick ? 10_000 : 125_000;
    const first = ocsfInput(findings);
    const second = ocsfInput(findings, Math.round(findings * CHANGED_SHARE));
    const [ingesting, limit, parsing, same, next] = await measure([
      ours('ingest', [first.path]),
      ours('json-parse', [first.path]),
      ours('parse', [first.path]),
      ours('ingest-again', [first.path, first.path]),
      ours('ingest-again', [first.path, second.path]),
    ]);
    if (!ingesting || !limit || !parsing || !same || !next) throw new Error('a task is missing');
    const read = fact(ingesting, 'findings');
    return {
      rows: [
        {
          what: 'sightline ingest: parse, diff, commit, report',
          inputBytes: first.bytes,
          result: ingesting,
          note: `${read} findings`,
        },
        { what: 'limit: JSON.parse of the same file', inputBytes: first.bytes, result: limit },
        { what: 'sightline parse', inputBytes: first.bytes, result: parsing },
        {
          what: 'the same file again, by a new process',
          inputBytes: first.bytes,
          result: withoutPeak(same),
          note: `${fact(same, 'events')} events, ${fact(same, 'newStates')} new states`,
        },
        {
          what: 'a next scan, 1 % changed, by a new process',
          inputBytes: second.bytes,
          result: withoutPeak(next),
          note: `${fact(next, 'events')} events`,
        },
      ],
      goals: [
        atLeast('findings per second, ingested', read / ingesting.seconds, FINDINGS_PER_SECOND, '/s'),
        atMost('ingest against JSON.parse', ingesting.seconds / limit.seconds, 1.5, 'times its time'),
        atMost('peak memory of ingesting', mebibytes(ingesting.peakBytes), PEAK_MIB, 'MiB'),
        atMost(
          'the same file again against parsing it',
          same.seconds / parsing.seconds,
          1.2,
          'times its time',
        ),
        atMost('events of the same file again', fact(same, 'events'), 0, 'events'),
        atMost('states written by the same file again', fact(same, 'newStates'), 0, 'states'),
      ],
    };
  },
};

/** The process has ingested the first report before: its peak and its CPU time are those of both. */
function withoutPeak({ seconds, facts }: TaskResult): TaskResult {
  return { seconds, cpuSeconds: Number.NaN, peakBytes: Number.NaN, facts };
}
