import { startVersitygw } from '../../test/support/servers.ts';
import { ours, type Task, type TaskResult } from '../harness/child.ts';
import {
  atLeast,
  atMost,
  type Benchmark,
  type Goal,
  mebibytes,
  type Row,
  rounded,
} from '../harness/results.ts';

/** Events in a second that have to be taken in. */
const RATE = 10_000;
/** As many nodes: each waits for its answer before it sends the next event. */
const NODES = 5_000;
const SHIPPERS = 64;
const BATCH = 100;

interface Case {
  readonly what: string;
  readonly task: Task;
  /** Whether everything that is acknowledged has to be found again. */
  readonly stored: boolean;
  /** Whether the rate has to be held. */
  readonly paced: boolean;
}

const text = (...numbers: readonly number[]): string[] => numbers.map(String);

function casesOf(quick: boolean, s3: boolean): readonly Case[] {
  const seconds = quick ? 3 : 60;
  const short = quick ? 3 : 15;
  const rate = quick ? 500 : RATE;
  const nodes = quick ? 500 : NODES;
  const server = (store: string, ...load: readonly number[]): Task =>
    ours('streams', [store, ...text(...load)]);
  return [
    {
      what: `one event a request, ${nodes} connections, ${rate} a second for ${seconds} s`,
      task: server('folder', rate, seconds, nodes, 1),
      stored: true,
      paced: true,
    },
    ...(s3
      ? [
          {
            what: 'the same, the bucket on versitygw',
            task: server('s3', rate, seconds, nodes, 1),
            stored: true,
            paced: true,
          },
        ]
      : []),
    {
      what: `${BATCH} events a request, ${SHIPPERS} connections, ${rate} a second for ${seconds} s`,
      task: server('folder', rate, seconds, SHIPPERS, BATCH),
      stored: true,
      paced: true,
    },
    {
      what: `one event a request, as fast as answers come, for ${short} s`,
      task: server('folder', 0, short, nodes, 1),
      stored: true,
      paced: false,
    },
    {
      what: `${BATCH} events a request, as fast as answers come, for ${short} s`,
      task: server('folder', 0, short, SHIPPERS, BATCH),
      stored: true,
      paced: false,
    },
    {
      what: `a bare server that parses and keeps nothing: one event a request, as fast as answers come, for ${short} s`,
      task: ours('streams-peer', text(0, short, nodes, 1)),
      stored: false,
      paced: false,
    },
  ];
}

export const streams: Benchmark = {
  name: 'streams',
  title: 'events that are pushed, until they are acknowledged and until they are findings',
  async run({ quick, measure, log }) {
    const s3 = await startVersitygw();
    if (typeof s3 === 'string') log(s3);
    else await s3.stop();
    const cases = casesOf(quick, typeof s3 !== 'string');
    const results = await measure(
      cases.map(({ task }) => task),
      1,
    );
    const measured = cases.flatMap((one, index) => {
      const result = results[index];
      return result === undefined ? [] : [{ ...one, result }];
    });
    return {
      rows: measured.map(({ what, result, stored }): Row => ({ what, note: noteOf(result, stored) })),
      goals: measured.flatMap(({ what, result, stored, paced }): Goal[] => [
        ...(paced
          ? [atLeast(`taken in: ${what}`, fact(result, 'rate'), (quick ? 500 : RATE) * 0.99, 'events/s')]
          : []),
        ...(paced ? [atMost(`acknowledged, 99 of 100: ${what}`, fact(result, 'p99'), 1_000, 'ms')] : []),
        ...(stored ? [atMost(`lost or twice: ${what}`, lost(result), 0, 'events')] : []),
      ]),
    };
  },
};

function fact({ facts }: TaskResult, name: string): number {
  return facts[name] ?? Number.NaN;
}

/** Acknowledged and not in the inputs of commits, or there more often than acknowledged; and what was refused. */
function lost(result: TaskResult): number {
  return (
    Math.abs(fact(result, 'accepted') - fact(result, 'stored')) +
    fact(result, 'sent') -
    fact(result, 'accepted')
  );
}

function noteOf(result: TaskResult, stored: boolean): string {
  const number = (name: string): string => rounded(fact(result, name));
  return [
    `${number('rate')} events/s`,
    `acknowledged after ${number('p50')} ms (median), ${number('p95')} ms (95 of 100), ${number('p99')} ms (99 of 100)`,
    `${number('cores')} cores, ${rounded(mebibytes(fact(result, 'serverPeak')))} MiB`,
    ...(stored
      ? [
          `${number('accepted')} acknowledged, ${number('stored')} in the inputs, all of them ${number('drainSeconds')} s after the last`,
        ]
      : []),
  ].join('; ');
}
