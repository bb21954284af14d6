import { boardOf, shelf } from '../build/board.ts';
import { COLOUR, fixedColour } from '../build/colours.ts';
import { link } from '../build/links.ts';
import { UID } from '../build/names.ts';
import { categories, lines, stat, figure } from '../build/panels.ts';
import { BY, findings, is, summary, trend } from '../build/query.ts';
import {
  ACCOUNT,
  bar,
  called,
  column,
  SEVERITY,
  sortedBy,
  STATUS,
  table,
  TEAM,
  TITLE_OF_FINDING,
  DAY,
} from '../build/tables.ts';
import { NONE_WANTED, RATIO } from '../build/thresholds.ts';
import { usual } from '../build/variables.ts';

const now = [
  stat(
    { title: 'Overdue, confirmed', says: 'Open findings that a complete scan saw after their due date.' },
    COLOUR.bad,
    trend({ measures: ['overdueConfirmed'], filters: BY.findings }),
  ).thresholds(NONE_WANTED),
  stat(
    { title: 'Due within 7 days', says: 'Open findings whose due date is near.' },
    COLOUR.warning,
    trend({ measures: ['dueSoon'], filters: BY.findings }),
  ),
  figure(
    {
      title: 'SLA compliance',
      says: 'Of the findings that were fixed in time or became overdue in the range, the share fixed in time.',
    },
    COLOUR.good,
    summary({ measures: ['slaCompliance'], filters: BY.findings }),
  ).thresholds(RATIO),
  figure(
    {
      title: 'Median time to fix',
      says: 'Of what was fixed in the range. It says nothing of what stays open: see the age.',
    },
    COLOUR.neutral,
    summary({ measures: ['mttrP50'], filters: BY.findings }),
  ).decimals(0),
] as const;

const due = lines(
  {
    title: 'Overdue and due soon',
    says: 'Open findings past their due date: confirmed by a complete scan after it, or not looked at since; and those due within 7 days.',
  },
  trend({ measures: ['overdueConfirmed', 'overdueUnverified', 'dueSoon'], filters: BY.findings }),
)
  .overrideByName('overdue confirmed', [fixedColour(COLOUR.bad), { id: 'custom.fillOpacity', value: 12 }])
  .overrideByName('overdue unverified', [fixedColour(COLOUR.muted)])
  .overrideByName('due soon', [fixedColour(COLOUR.warning)]);

const byTeam = table(
  { title: 'By team', says: 'Who has to act. Findings of no team are in the row without a name.' },
  [
    { ...TEAM, width: 130 },
    column('Overdue confirmed', undefined, called('Overdue'), ...bar(COLOUR.bad)),
    column('Due soon', undefined, ...bar(COLOUR.warning)),
    column('Open', 80),
  ],
  summary({
    measures: ['overdueConfirmed', 'dueSoon', 'open'],
    groupBy: ['team'],
    limit: 50,
    filters: BY.findings,
  }),
).links([link('Findings', UID.findings)]);

const timeToFix = lines(
  {
    title: 'Time to fix',
    says: 'Of what was fixed in each week: half of it took no longer than p50, nine of ten no longer than p90. Found fixed by a scan: scanning weekly adds up to a week.',
  },
  trend({ measures: ['mttrP50', 'mttrP90'], interval: '1w', filters: BY.findings }),
)
  .spanNulls(true)
  .decimals(0)
  .overrideByName('MTTR p50', [fixedColour(COLOUR.neutral)])
  .overrideByName('MTTR p90', [fixedColour(COLOUR.reopened)]);

const ages = categories(
  { title: 'Age of what is open', says: 'Days since it opened, or opened again.' },
  'age',
  summary({ measures: ['open'], groupBy: ['severity'], format: 'ageBuckets', filters: BY.findings }),
)
  .overrideByName('xMin', [{ id: 'custom.hideFrom', value: { viz: true, legend: true, tooltip: true } }])
  .overrideByName('xMax', [{ id: 'custom.hideFrom', value: { viz: true, legend: true, tooltip: true } }]);

const reopened = lines(
  {
    title: 'Reopen rate',
    says: 'Reopened findings per fixed one, by week: what is fixed by hand comes back with the next deployment.',
  },
  trend({ measures: ['reopenRate'], interval: '1w', filters: BY.findings }),
)
  .spanNulls(true)
  .fillOpacity(12)
  .overrideByName('reopen rate', [fixedColour(COLOUR.reopened)]);

const expiries = sortedBy(
  table(
    {
      title: 'Decisions that end within 90 days',
      says: 'Accepted and muted findings that open again by themselves, the next first.',
      empty: 'No acceptance and no mute ends within 90 days.',
    },
    [
      column('Decided until', 100, called('Ends'), DAY),
      SEVERITY,
      { ...STATUS, width: 100 },
      TITLE_OF_FINDING,
      ACCOUNT,
      column('Resource name', 200),
      { ...TEAM, width: 120 },
      column('Mute rule', 160),
    ],
    findings({
      limit: 500,
      filters: [
        ...BY.findings,
        is('status', 'accepted', 'muted'),
        { field: 'endsOn', operator: '<', values: ['91d'] },
      ],
    }),
  ),
  'Ends',
  false,
);

export const sla = boardOf({
  uid: UID.sla,
  title: 'SLA and remediation',
  description: 'What is late, who has to act, how long fixing takes, and which decisions end.',
  variables: usual(),
  shelves: [
    shelf(4, ...now.map((panel) => [6, panel] as const)),
    shelf(8, [14, due], [10, byTeam]),
    shelf(8, [8, timeToFix], [8, ages], [8, reopened]),
    shelf(9, [24, expiries]),
  ],
});
