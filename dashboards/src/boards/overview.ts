import { boardOf, shelf } from '../build/board.ts';
import { COLOUR, fixedColour } from '../build/colours.ts';
import { link, presets } from '../build/links.ts';
import { UID } from '../build/names.ts';
import {
  passRates,
  bySeverity,
  figure,
  flameGraph,
  stackedBars,
  stacked,
  stat,
  SUM,
} from '../build/panels.ts';
import { BY, findings, is, summary, trend } from '../build/query.ts';
import {
  ACCOUNT,
  called,
  cell,
  column,
  RULE,
  SEVERITY,
  table,
  TITLE_OF_RULE,
  unit,
  QUIET_ZERO,
} from '../build/tables.ts';
import { NONE_WANTED, RATIO } from '../build/thresholds.ts';
import { usual } from '../build/variables.ts';

const risk = stat(
  {
    title: 'Risk',
    says: 'Open findings weighted by severity: critical 40, high 10, medium 3, low 1.',
  },
  COLOUR.neutral,
  trend({ measures: ['riskScore'], filters: BY.findings }),
).dataLinks([link('By account', UID.account)]);

const openOf = (title: string, severity: 'CRITICAL' | 'HIGH', colour: string) =>
  stat(
    {
      title,
      says: `Open findings of severity ${severity}: seen by a scanner, and nobody has decided on them.`,
    },
    colour,
    trend({ measures: ['open'], filters: [is('severity', severity), ...BY.findingsOfAnySeverity] }),
  ).dataLinks([link('These findings', UID.findings, { severity })]);

const drift = figure(
  {
    title: 'New in 7 days',
    says: 'Findings that opened in the last 7 days because something changed (drift). Onboarded accounts and new rules of a scanner are not among them.',
  },
  COLOUR.new,
  trend({ measures: ['new'], interval: '1d', filters: BY.findings }),
)
  .timeFrom('7d')
  .hideTimeOverride(true)
  .reduceOptions(SUM)
  .dataLinks([link('What changed', UID.account)]);

const overdue = stat(
  {
    title: 'Overdue',
    says: 'Open findings that a complete scan saw after their due date: any is too many.',
  },
  COLOUR.bad,
  trend({ measures: ['overdueConfirmed'], filters: BY.findings }),
)
  .thresholds(NONE_WANTED)
  .dataLinks([link('SLA and remediation', UID.sla)]);

const fresh = figure(
  {
    title: 'Fresh scans',
    says: 'Scopes with a complete scan in time, of those expected. Amber under 95 %, red under 80 %: numbers of what is not fresh are old.',
  },
  COLOUR.good,
  trend({ measures: ['freshScopes', 'expectedScopes'], filters: BY.scopes }),
)
  .unit('percentunit')
  .decimals(0)
  .min(0)
  .max(1)
  .thresholds(RATIO)
  .withTransformation({
    id: 'calculateField',
    options: {
      mode: 'binary',
      alias: 'fresh',
      replaceFields: true,
      binary: { left: 'fresh scopes', operator: '/', right: 'expected scopes' },
    },
  })
  .overrideByName('fresh', [unit('percentunit')])
  .dataLinks([link('Scan health', UID.health)]);

const openBySeverity = bySeverity(
  stacked(
    {
      title: 'Open by severity',
      says: 'Open findings at the end of each interval. Marks are critical findings that opened by drift.',
    },
    trend({ measures: ['open'], groupBy: ['severity'], filters: BY.findings }),
  ),
);

const changed = table(
  {
    title: 'What changed, last 7 days',
    says: 'Findings that opened by drift, were reopened or fixed in the last 7 days, by account and rule.',
    empty: 'Nothing changed in the last 7 days.',
  },
  [
    ACCOUNT,
    RULE,
    column(
      'New',
      65,
      QUIET_ZERO,
      { id: 'color', value: { mode: 'fixed', fixedColor: COLOUR.new } },
      cell({ type: 'color-text' }),
    ),
    column('Reopened', 90, QUIET_ZERO),
    column(
      'Fixed',
      65,
      QUIET_ZERO,
      { id: 'color', value: { mode: 'fixed', fixedColor: COLOUR.good } },
      cell({ type: 'color-text' }),
    ),
  ],
  summary({
    measures: ['new', 'reopened', 'fixed'],
    groupBy: ['account', 'rule'],
    filters: BY.findings,
    limit: 20,
  }),
)
  .timeFrom('7d')
  .hideTimeOverride(true);

/** Of what labels became columns, the names are those of the labels. */
const ACCOUNT_LABEL = { ...ACCOUNT, name: 'accountName' };

const topAccounts = table(
  {
    title: 'Top accounts by risk',
    says: 'The ten accounts with the most risk, with its course over the range.',
  },
  [
    ACCOUNT_LABEL,
    column(
      'Trend #A',
      undefined,
      cell({ type: 'sparkline', hideValue: false }),
      called('Risk'),
      fixedColour(COLOUR.neutral),
    ),
  ],
  trend({
    measures: ['riskScore'],
    groupBy: ['account', 'accountName'],
    limit: 10,
    other: false,
    filters: BY.findings,
  }),
).withTransformation({ id: 'timeSeriesTable', options: { A: { timeField: 'time', stat: 'lastNotNull' } } });

const topRules = table(
  {
    title: 'Top rules',
    says: 'The worst rules: resources that fail, of those that scans looked at (empty where the scanner does not say), and accounts.',
  },
  [
    TITLE_OF_RULE,
    { ...SEVERITY, width: 85 },
    column('Failing', 62),
    column('Of', 52),
    column('Accounts', 80),
  ],
  findings({ format: 'byRule', limit: 20, filters: BY.findings }),
);

const passRate = passRates(
  {
    title: 'Pass rate',
    says: 'Share of evaluated checks that passed. Amber under 95 %, red under 80 %. Not filtered by region, severity and framework: a passed check has none.',
  },
  summary({ measures: ['passRate'], groupBy: ['cloud'], filters: BY.checks }),
);

const staleness = table(
  {
    title: 'Staleness',
    says: 'Age of the newest complete scan, of the scope that has waited longest, and scopes that are silent: without one for more than twice their interval.',
  },
  [
    column('Source', 90),
    column('Staleness', 80, called('Oldest'), unit('ms'), { id: 'decimals', value: 0 }),
    column(
      'Silent scopes',
      55,
      called('Silent'),
      {
        id: 'thresholds',
        value: {
          mode: 'absolute',
          steps: [
            { value: null, color: COLOUR.good },
            { value: 1, color: COLOUR.bad },
          ],
        },
      },
      cell({ type: 'color-text' }),
    ),
  ],
  summary({ measures: ['staleness', 'silentScopes'], groupBy: ['source'], filters: BY.scopes }),
);

const FLOWS = {
  new: ['drift', COLOUR.new, 1],
  reopened: ['reopened', COLOUR.reopened, 1],
  ruleset: ['new rules', COLOUR.ruleset, 1],
  onboarded: ['onboarding', COLOUR.onboarding, 1],
  expired: ['decision ended', COLOUR.warning, 1],
  fixed: ['fixed', COLOUR.good, -1],
  retired: ['retired', '#3D71A5', -1],
  newlyAccepted: ['accepted', COLOUR.decided, -1],
  newlyFalsePositive: ['called false', '#A5ABB8', -1],
  muted: ['muted', '#C2C6CF', -1],
} as const;

const why = stackedBars(
  {
    title: 'Why did it change',
    says: 'What opened, above: by drift, again, by new rules of a scanner, by onboarding, by decisions that ended. What went, below: fixed, retired, decided upon. A failed scan changes nothing.',
  },
  trend({ measures: Object.keys(FLOWS), interval: '1w', filters: BY.findings }),
);
for (const [name, [title, colour, sign]] of Object.entries(FLOWS))
  why.overrideByName(nameOf(name), [
    called(title),
    fixedColour(colour),
    ...(sign < 0 ? [{ id: 'custom.transform', value: 'negative-Y' }] : []),
  ]);

/** As the API names series: `newlyAccepted` → `newly accepted`. */
function nameOf(measure: string): string {
  return measure.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

const blast = flameGraph(
  {
    title: 'Blast radius',
    says: 'Where the risk is: cloud, account, service, rule. As wide as its share of the risk.',
  },
  summary({
    measures: ['riskScore'],
    groupBy: ['cloud', 'account', 'service', 'rule'],
    format: 'flame',
    limit: 2000,
    filters: BY.findings,
  }),
);

export const overview = boardOf({
  uid: UID.overview,
  title: 'Security overview',
  description: 'What is open, what changed and why, and whether the scans behind it can be relied on.',
  variables: usual(),
  links: presets(),
  shelves: [
    shelf(
      4,
      [4, risk],
      [4, openOf('Open critical', 'CRITICAL', COLOUR.critical)],
      [4, openOf('Open high', 'HIGH', COLOUR.high)],
      [4, drift],
      [4, overdue],
      [4, fresh],
    ),
    shelf(8, [14, openBySeverity], [10, changed]),
    shelf(8, [8, topAccounts], [8, topRules], [4, passRate], [4, staleness]),
    shelf(9, [24, why]),
    shelf(9, [24, blast]),
  ],
});
