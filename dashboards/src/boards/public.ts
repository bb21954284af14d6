import { boardOf, shelf } from '../build/board.ts';
import { COLOUR, fixedColour } from '../build/colours.ts';
import { UID } from '../build/names.ts';
import { passRates, bySeverity, lines, stacked, stat, figure } from '../build/panels.ts';
import { is, summary, trend } from '../build/query.ts';
import { NONE_WANTED, RATIO } from '../build/thresholds.ts';

/** For people outside: no variables, which shared dashboards do not have, and no names of accounts, resources or people. */

const openOf = (title: string, severity: 'CRITICAL' | 'HIGH', colour: string) =>
  stat(
    { title, says: `Open findings of severity ${severity}.` },
    colour,
    trend({ measures: ['open'], filters: [is('severity', severity)] }),
  );

const overdue = stat(
  { title: 'Overdue', says: 'Open findings that a complete scan saw after their due date.' },
  COLOUR.bad,
  trend({ measures: ['overdueConfirmed'] }),
).thresholds(NONE_WANTED);

const compliance = figure(
  {
    title: 'Fixed in time',
    says: 'Of the findings that were fixed in time or became overdue in the last 90 days.',
  },
  COLOUR.good,
  summary({ measures: ['slaCompliance'] }),
).thresholds(RATIO);

const open = bySeverity(
  stacked(
    { title: 'Open by severity', says: 'Open findings over time.' },
    trend({ measures: ['open'], groupBy: ['severity'] }),
  ),
);

const passRate = passRates(
  { title: 'Pass rate by cloud', says: 'Share of evaluated checks that passed.' },
  summary({ measures: ['passRate'], groupBy: ['cloud'] }),
);

const flow = lines(
  { title: 'New and fixed', says: 'Findings that came by drift, and findings that were fixed, by week.' },
  trend({ measures: ['new', 'fixed'], interval: '1w' }),
)
  .overrideByName('new', [fixedColour(COLOUR.new)])
  .overrideByName('fixed', [fixedColour(COLOUR.good)]);

export const publicBoard = boardOf({
  uid: UID.public,
  title: 'Public summary',
  description: 'Made to be shared outside: no variables, no names of accounts, resources or people.',
  variables: [],
  shelves: [
    shelf(
      4,
      [6, openOf('Open critical', 'CRITICAL', COLOUR.critical)],
      [6, openOf('Open high', 'HIGH', COLOUR.high)],
      [6, overdue],
      [6, compliance],
    ),
    shelf(9, [17, open], [7, passRate]),
    shelf(8, [24, flow]),
  ],
});
