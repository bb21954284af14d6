import { boardOf, shelf } from '../build/board.ts';
import { COLOUR } from '../build/colours.ts';
import { UID } from '../build/names.ts';
import { lines, stat, figure } from '../build/panels.ts';
import { BY, findings, type Filter, is, summary, trend } from '../build/query.ts';
import {
  ACCOUNT,
  bar,
  called,
  change,
  column,
  matrix,
  SEVERITY,
  table,
  TEAM,
  TITLE_OF_FINDING,
  unit,
} from '../build/tables.ts';
import { RATIO } from '../build/thresholds.ts';
import { usual } from '../build/variables.ts';

const OF_FRAMEWORKS: Filter[] = [...BY.findings, { field: 'framework', operator: '!=', values: [''] }];
const NONE = 'No finding names a framework: Prowler and Security Hub do.';

const passRate = figure(
  {
    title: 'Pass rate',
    says: 'Share of all evaluated checks that passed. Scanners do not say by framework how much they evaluated, so there is none by framework.',
  },
  COLOUR.good,
  trend({ measures: ['passRate'], filters: BY.checks }),
)
  .thresholds(RATIO)
  .decimals(1);

const failing = stat(
  { title: 'Failing', says: 'Open findings that count against a framework; each once.', empty: NONE },
  COLOUR.high,
  trend({ measures: ['open'], filters: OF_FRAMEWORKS }),
);
const controls = stat(
  {
    title: 'Rules behind them',
    says: 'Different rules with open findings that count against a framework.',
    empty: NONE,
  },
  COLOUR.neutral,
  trend({ measures: ['rules'], filters: OF_FRAMEWORKS }),
);
const newly = figure(
  {
    title: 'Newly failing, 30 days',
    says: 'Findings that count against a framework and opened by drift in the last 30 days.',
    empty: NONE,
  },
  COLOUR.new,
  summary({ measures: ['new'], filters: OF_FRAMEWORKS }),
)
  .timeFrom('30d')
  .hideTimeOverride(true);

const byFramework = lines(
  {
    title: 'Open by framework',
    says: 'A finding that counts against two frameworks is in both lines.',
    empty: NONE,
  },
  trend({ measures: ['open'], groupBy: ['framework'], limit: 12, other: false, filters: OF_FRAMEWORKS }),
);

const byTeam = table(
  { title: 'By team', says: 'Open findings that count against a framework.', empty: NONE },
  [
    { ...TEAM, width: 130 },
    column('Open', undefined, ...bar(COLOUR.high)),
    column('Open (change)', 100, called('Change'), ...change),
  ],
  summary({ measures: ['open'], groupBy: ['team'], compare: 'change', limit: 50, filters: OF_FRAMEWORKS }),
);

const byControl = table(
  {
    title: 'Controls that fail',
    says: 'Controls with open findings, and how many more or fewer than at the beginning of the range. Controls that all checks pass, and those that nobody checked, are not listed: scanners do not say which those are.',
    empty: NONE,
  },
  [
    column('Framework', 160),
    column('Control'),
    column('Open', 120, ...bar(COLOUR.high)),
    column('Open (change)', 85, called('Change'), ...change),
    column('Affected resources', 95, called('Resources')),
    column('Accounts', 85),
  ],
  summary({
    measures: ['open', 'affectedResources', 'accounts'],
    groupBy: ['framework', 'control'],
    compare: 'change',
    limit: 200,
    filters: OF_FRAMEWORKS,
  }),
);

const accounts = matrix(
  { title: 'Account × framework', says: 'Open findings; the darker the more.', empty: NONE },
  ACCOUNT,
  'counts',
  summary({
    measures: ['open'],
    groupBy: ['account', 'framework'],
    format: 'pivot',
    limit: 30,
    filters: OF_FRAMEWORKS,
  }),
);

const newest = table(
  { title: 'Newly failing', says: 'What counts against a framework and was first seen last.', empty: NONE },
  [
    SEVERITY,
    TITLE_OF_FINDING,
    ACCOUNT,
    column('Resource name', 180),
    { ...TEAM, width: 110 },
    column('Age', 75, unit('ms'), { id: 'decimals', value: 0 }),
  ],
  findings({
    orderBy: 'firstSeen',
    direction: 'desc',
    limit: 30,
    filters: [...OF_FRAMEWORKS, is('openedCause', 'drift')],
  }),
);

export const compliance = boardOf({
  uid: UID.compliance,
  title: 'Compliance',
  description: 'What counts against which framework, whose it is, and what is new.',
  variables: usual(),
  shelves: [
    shelf(4, [6, passRate], [6, failing], [6, controls], [6, newly]),
    shelf(9, [15, byFramework], [9, byTeam]),
    shelf(10, [24, byControl]),
    shelf(9, [24, accounts]),
    shelf(9, [24, newest]),
  ],
});
