import { boardOf, shelf } from '../build/board.ts';
import { COLOUR, fixedColour } from '../build/colours.ts';
import { UID } from '../build/names.ts';
import { lines, timeline, figure } from '../build/panels.ts';
import { BY, runs, summary, trend } from '../build/query.ts';
import {
  ACCOUNT,
  called,
  change,
  column,
  matrix,
  OUTCOME,
  STATE,
  table,
  unit,
  MINUTE,
} from '../build/tables.ts';
import { NONE_WANTED, RATIO } from '../build/thresholds.ts';
import { adHoc, choice, dataSource } from '../build/variables.ts';

const whole = { id: 'decimals', value: 0 };

const counts = [
  figure(
    {
      title: 'Expected',
      says: 'Scopes (a source and an account) that have reported, and those that are configured and never did.',
    },
    COLOUR.neutral,
    trend({ measures: ['expectedScopes'], filters: BY.scopes }),
  ),
  figure(
    { title: 'Fresh', says: 'Scopes whose newest complete scan is in time.' },
    COLOUR.good,
    trend({ measures: ['freshScopes'], filters: BY.scopes }),
  ),
  figure(
    {
      title: 'Silent',
      says: 'Scopes without a complete scan for more than twice their interval. Whatever they would find is not known.',
    },
    COLOUR.bad,
    trend({ measures: ['silentScopes'], filters: BY.scopes }),
  ).thresholds(NONE_WANTED),
  figure(
    { title: 'Failing', says: 'Scopes whose newest run failed or was partial. It closed nothing.' },
    COLOUR.warning,
    trend({ measures: ['failingScopes'], filters: BY.scopes }),
  ).thresholds(NONE_WANTED),
  figure(
    { title: 'Coverage', says: 'Share of the known services and regions that the newest runs finished.' },
    COLOUR.good,
    trend({ measures: ['coverage'], filters: BY.scopes }),
  )
    .thresholds(RATIO)
    .decimals(0),
  figure(
    { title: 'Oldest scan', says: 'Age of the newest complete scan, of the scope that has waited longest.' },
    COLOUR.neutral,
    trend({ measures: ['staleness'], filters: BY.scopes }),
  ).decimals(0),
] as const;

const outcomes = timeline(
  {
    title: 'Outcomes',
    says: 'A lane per scope: the outcome of its newest run, and silent where there was none for more than twice its interval. Those that need somebody come first.',
  },
  runs({ view: 'timeline', limit: 60, filters: BY.scopes }),
);

const scopes = table(
  {
    title: 'Scopes',
    says: 'Expected against actual. Age and interval tell how late it is: amber over one interval, red over two.',
  },
  [
    STATE,
    column('Source', 100),
    ACCOUNT,
    column('Last complete run', 135, MINUTE),
    column('Age', 80, unit('ms'), whole),
    column('Every', 80, unit('ms'), whole),
    { ...OUTCOME, width: 90 },
    column('Open', 70),
    column('Change', 80, ...change),
    column('Coverage', 90),
    column('Error'),
  ],
  runs({ view: 'scopes', limit: 500, filters: BY.scopes }),
);

const coverage = matrix(
  {
    title: 'Pass rate by account and service',
    says: 'What scans looked at; empty where nobody looked, or long ago.',
  },
  ACCOUNT,
  'ratios',
  summary({
    measures: ['passRate'],
    groupBy: ['account', 'service'],
    format: 'pivot',
    limit: 30,
    filters: BY.scopes,
  }),
);

const freshness = lines(
  { title: 'Expected and fresh', says: 'Scopes over time: the gap is what is late or silent.' },
  trend({ measures: ['expectedScopes', 'freshScopes', 'failingScopes', 'silentScopes'], filters: BY.scopes }),
)
  .overrideByName('expected scopes', [called('expected'), fixedColour(COLOUR.muted)])
  .overrideByName('fresh scopes', [called('fresh'), fixedColour(COLOUR.good)])
  .overrideByName('failing scopes', [called('failing'), fixedColour(COLOUR.warning)])
  .overrideByName('silent scopes', [called('silent'), fixedColour(COLOUR.bad)]);

const duration = lines(
  {
    title: 'Duration of runs',
    says: 'Mean duration of runs by source, where the scanner or whoever brought the report said it.',
    empty: 'No run says how long it took: give durationMs when bringing reports.',
  },
  trend({ measures: ['runDuration'], groupBy: ['source'], filters: BY.scopes }),
).spanNulls(true);

const history = table(
  {
    title: 'Runs',
    says: 'What each run brought, newest first: findings opened, reopened and fixed by it, and what went wrong.',
  },
  [
    column('Time', 135, MINUTE),
    { ...OUTCOME, width: 90 },
    column('Source', 100),
    ACCOUNT,
    column('Observed', 90),
    column('Opened', 80),
    column('Reopened', 90),
    column('Fixed', 70),
    column('Coverage', 90),
    column('Version', 90),
    column('Reason'),
  ],
  runs({ view: 'runs', limit: 500, filters: BY.scopes }),
);

export const health = boardOf({
  uid: UID.health,
  title: 'Scan health',
  description: 'Whether the numbers can be relied on: which scans are late, silent, partial or failed.',
  variables: [dataSource(), choice('cloud'), choice('account'), choice('team'), choice('source'), adHoc()],
  shelves: [
    shelf(4, ...counts.map((panel) => [4, panel] as const)),
    shelf(11, [24, outcomes]),
    shelf(10, [24, scopes]),
    shelf(9, [24, coverage]),
    shelf(8, [12, freshness], [12, duration]),
    shelf(10, [24, history]),
  ],
});
