import type { TaskResult } from '../harness/child.ts';
import { growthSvg } from '../harness/growth.ts';
import {
  atLeast,
  atMost,
  type Figure,
  type Goal,
  mebibytes,
  megabytes,
  rounded,
  type Table,
} from '../harness/results.ts';
import { BY_HAND } from '../queries/by-hand.ts';
import { panelsOf } from '../queries/dashboards.ts';
import { NO_VARIABLES } from '../queries/panel.ts';
import type { Compared, Sized } from './warehouse.ts';

const P95_MS = 150;
const TOGETHER_MS = 400;
const ANSWER_MB = 2;
const COLD_SECONDS = 20;
const REFRESH_SECONDS = 1;
const MEMORY_MIB = 1024;

function fact({ facts }: TaskResult, name: string): number {
  return facts[name] ?? Number.NaN;
}

/** Over all panels. */
function worst(queries: TaskResult, name: 'p95' | 'bytes'): { value: number; panel: string } {
  const found = panelsOf(NO_VARIABLES).map(({ dashboard, panel }, index) => ({
    value: fact(queries, `${name}:${index}`),
    panel: `${dashboard}, ${panel}`,
  }));
  return found.reduce((a, b) => (b.value > a.value || Number.isNaN(b.value) ? b : a));
}

export function goalsOf({ queries, cold, refresh, build }: Sized, { byHand, day }: Compared): Goal[] {
  const [slowest, largest] = [worst(queries, 'p95'), worst(queries, 'bytes')];
  const panels = fact(queries, 'panels');
  const quick = panelsOf(NO_VARIABLES).filter(
    (_panel, index) => fact(queries, `p95:${index}`) <= P95_MS,
  ).length;
  const { ours, hand } = byHandSums(byHand);
  return [
    atMost(`slowest query's p95, one client (${slowest.panel})`, slowest.value, P95_MS, 'ms'),
    atLeast(`queries with a p95 of at most ${P95_MS} ms`, quick, panels, 'queries'),
    atMost('p95 over all queries, 16 clients at once', fact(queries, 'together95'), TOGETHER_MS, 'ms'),
    atMost(`largest answer (${largest.panel})`, megabytes(largest.value), ANSWER_MB, 'MB'),
    atMost('peak memory while it answers', mebibytes(queries.peakBytes), MEMORY_MIB, 'MiB'),
    atMost('peak memory while it is made', mebibytes(build.peakBytes), MEMORY_MIB, 'MiB'),
    atMost('cold start to the first answer', cold.seconds, COLD_SECONDS, 's'),
    atMost("refresh after one account's run, the median account", refresh.seconds, REFRESH_SECONDS, 's'),
    atMost('the same, the largest account', fact(refresh, 'largestSeconds'), REFRESH_SECONDS, 's'),
    atMost('ten queries against statements by hand', ours / hand, 1.3, 'times their time'),
    atLeast('of them, that come to the same sums', agreeing(byHand), BY_HAND.length, 'queries'),
    atLeast(
      "overview's panels against a day's JSON",
      day.seconds / fact(queries, 'todaySeconds'),
      20,
      'times as fast',
    ),
  ];
}

function byHandSums(byHand: TaskResult): { ours: number; hand: number } {
  const sum = (name: string): number =>
    BY_HAND.reduce((total, _one, index) => total + fact(byHand, `${name}:${index}`), 0);
  return { ours: sum('ours'), hand: sum('hand') };
}

function agreeing(byHand: TaskResult): number {
  return BY_HAND.filter((_one, index) => fact(byHand, `agrees:${index}`) === 1).length;
}

export function byHandTable({ byHand }: Compared): Table {
  const row = (name: string, ours: number, hand: number): string[] => [
    name,
    rounded(ours),
    rounded(hand),
    rounded(ours / hand),
  ];
  const { ours, hand } = byHandSums(byHand);
  return {
    title: 'Against DuckDB by hand, median ms',
    head: ['query', 'ours', 'by hand', 'ratio', 'same sums'],
    rows: [
      ...BY_HAND.map(({ panel: { panel } }, index) => [
        ...row(panel, fact(byHand, `ours:${index}`), fact(byHand, `hand:${index}`)),
        fact(byHand, `agrees:${index}`) === 1 ? 'yes' : 'NO',
      ]),
      [...row('all ten', ours, hand), ''],
    ],
  };
}

export function panelTable({ queries, estate }: Sized): Table {
  return {
    title: `Every panel, ${estate.name} open findings, one client`,
    head: ['dashboard', 'panel', 'p50 ms', 'p95 ms', 'max ms', 'answer kB'],
    rows: panelsOf(NO_VARIABLES).map(({ dashboard, panel }, index) => [
      dashboard,
      panel,
      ...['p50', 'p95', 'max'].map((name) => rounded(fact(queries, `${name}:${index}`))),
      rounded(fact(queries, `bytes:${index}`) / 1000),
    ]),
  };
}

/** What grows, and where it should end with a million. */
const GROWING: readonly {
  readonly name: string;
  readonly unit: string;
  readonly goal: number | null;
  readonly of: (sized: Sized) => number;
}[] = [
  { name: 'p95 over all queries', unit: 'ms', goal: P95_MS, of: ({ queries }) => fact(queries, 'p95') },
  { name: "slowest query's p95", unit: 'ms', goal: P95_MS, of: ({ queries }) => worst(queries, 'p95').value },
  {
    name: '16 at once, p95',
    unit: 'ms',
    goal: TOGETHER_MS,
    of: ({ queries }) => fact(queries, 'together95'),
  },
  { name: 'cold start', unit: 's', goal: COLD_SECONDS, of: ({ cold }) => cold.seconds },
  { name: 'refresh', unit: 's', goal: REFRESH_SECONDS, of: ({ refresh }) => refresh.seconds },
  { name: 'memory', unit: 'MiB', goal: MEMORY_MIB, of: ({ queries }) => mebibytes(queries.peakBytes) },
  { name: 'made anew', unit: 's', goal: null, of: ({ build }) => build.seconds },
  { name: 'file', unit: 'MiB', goal: null, of: ({ build }) => mebibytes(fact(build, 'fileBytes')) },
];

export function growthTable(sized: readonly Sized[]): Table {
  return {
    title: 'How it grows',
    head: ['open findings', ...sized.map(({ build }) => fact(build, 'open').toLocaleString('en-US'))],
    rows: [
      ['findings', ...sized.map(({ build }) => fact(build, 'findings').toLocaleString('en-US'))],
      ['events', ...sized.map(({ build }) => fact(build, 'events').toLocaleString('en-US'))],
      ...GROWING.map(({ name, unit, of }) => [`${name}, ${unit}`, ...sized.map((each) => rounded(of(each)))]),
    ],
  };
}

export function growthFigure(sized: readonly Sized[]): Figure {
  const sizes = new Map(sized.map(({ build, estate }) => [fact(build, 'open'), estate.name]));
  const lines = GROWING.flatMap(({ name, unit, goal, of }) =>
    goal === null
      ? []
      : [
          {
            name,
            unit,
            goal,
            points: sized.map((each) => ({ size: fact(each.build, 'open'), value: of(each) })),
          },
        ],
  );
  return {
    file: 'growth.svg',
    alt: 'How query time, cold start, refresh and memory grow with the open findings',
    svg: growthSvg(lines, sizes),
  };
}
