import { boardOf, shelf } from '../build/board.ts';
import { COLOUR, fixedColour } from '../build/colours.ts';
import { UID } from '../build/names.ts';
import { bars, bySeverity, lines, stacked } from '../build/panels.ts';
import { BY, findings, summary, trend } from '../build/query.ts';
import {
  ACCOUNT,
  bar,
  called,
  column,
  matrix,
  RESOURCE,
  SERVICE,
  SEVERITY,
  table,
  TEAM,
  TITLE_OF_FINDING,
  TITLE_OF_RULE,
  unit,
  DAY,
} from '../build/tables.ts';
import { plain } from '../build/thresholds.ts';
import { usual } from '../build/variables.ts';

const open = bySeverity(
  stacked(
    { title: 'Open by severity', says: 'Open findings at the end of each interval.' },
    trend({ measures: ['open'], groupBy: ['severity'], filters: BY.findings }),
  ),
);

const passRate = lines(
  {
    title: 'Pass rate against the peers',
    says: 'Share of evaluated checks that passed, of what is chosen above, and the median over all accounts. A passed check has no region, severity or framework: those filters do not matter here.',
  },
  trend({ measures: ['passRate'], filters: BY.checks }),
  trend({ measures: ['passRate'], groupBy: ['account'], limit: 200, other: false }, 'B'),
)
  .min(0)
  .max(1)
  .unit('percentunit')
  .withTransformation({
    id: 'calculateField',
    filter: { id: 'byRefId', options: 'B' },
    options: {
      mode: 'reduceRow',
      reduce: { reducer: 'median' },
      alias: "peers' median",
      replaceFields: true,
    },
  })
  // Before the first scan the median of nothing is 0.
  .withTransformation({
    id: 'filterByValue',
    filter: { id: 'byRefId', options: 'B' },
    options: {
      type: 'include',
      match: 'all',
      filters: [{ fieldName: "peers' median", config: { id: 'greater', options: { value: 0 } } }],
    },
  })
  .overrideByName('pass rate', [
    called('chosen'),
    fixedColour(COLOUR.neutral),
    { id: 'custom.lineWidth', value: 3 },
  ])
  .overrideByName("peers' median", [
    fixedColour(COLOUR.muted),
    { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
  ]);

const accountsByService = matrix(
  {
    title: 'Account × service',
    says: 'Open findings; the darker the more. Click an account to look at it alone.',
  },
  ACCOUNT,
  'counts',
  summary({
    measures: ['open'],
    groupBy: ['account', 'service'],
    format: 'pivot',
    limit: 30,
    filters: BY.findings,
  }),
);

const byRule = table(
  {
    title: 'By rule',
    says: 'Resources that fail, of those of the service that scans looked at: empty where the scanner does not say, or where filters are about what it does not know.',
  },
  [
    TITLE_OF_RULE,
    SEVERITY,
    column('Failing', 75),
    column('Of', 65),
    column('Accounts', 85),
    column('Oldest', 100, DAY),
  ],
  findings({ format: 'byRule', limit: 100, filters: BY.findings }),
);

const byRegion = bars(
  { title: 'By region', says: 'Open findings by region; `global` where the resource has none.' },
  summary({ measures: ['open'], groupBy: ['region'], limit: 15, filters: BY.findings }),
).thresholds(plain(COLOUR.neutral));

const resources = table(
  { title: 'Top 20 resources', says: 'Resources with the most risk: critical 40, high 10, medium 3, low 1.' },
  [
    ACCOUNT,
    { ...SERVICE, width: 100 },
    RESOURCE,
    column('Risk score', 130, called('Risk'), ...bar()),
    column('Open', 65),
  ],
  summary({
    measures: ['riskScore', 'open'],
    groupBy: ['account', 'service', 'resource'],
    limit: 20,
    filters: BY.findings,
  }),
);

const newest = table(
  { title: 'Newest', says: 'What was first seen last.' },
  [SEVERITY, TITLE_OF_FINDING, ACCOUNT, column('Resource name', 180), column('First seen', 100, DAY)],
  findings({ orderBy: 'firstSeen', direction: 'desc', limit: 20, filters: BY.findings }),
);

const oldest = table(
  { title: 'Oldest', says: 'What has been open for longest, since it opened or opened again.' },
  [
    SEVERITY,
    TITLE_OF_FINDING,
    ACCOUNT,
    { ...TEAM, width: 110 },
    column('Age', 80, unit('ms'), { id: 'decimals', value: 0 }),
  ],
  findings({ orderBy: 'age', limit: 20, filters: BY.findings }),
);

export const account = boardOf({
  uid: UID.account,
  title: 'Cloud, account and service',
  description: 'One part of the estate: how it stands, against the others, and where its findings are.',
  variables: usual(),
  shelves: [
    shelf(8, [14, open], [10, passRate]),
    shelf(9, [24, accountsByService]),
    shelf(10, [17, byRule], [7, byRegion]),
    shelf(10, [24, resources]),
    shelf(10, [12, newest], [12, oldest]),
  ],
});
