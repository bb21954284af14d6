import { boardOf, shelf } from '../build/board.ts';
import { COLOUR } from '../build/colours.ts';
import { UID } from '../build/names.ts';
import { bars, bySeverity, stackedBars, stat, figure } from '../build/panels.ts';
import { BY, events, findings, is, isNot, summary, trend } from '../build/query.ts';
import {
  ACCOUNT,
  bar,
  called,
  column,
  matrix,
  MINUTE,
  RESOURCE,
  SERVICE,
  SEVERITY,
  table,
  TITLE_OF_FINDING,
  TITLE_OF_RULE,
  unit,
  DAY,
} from '../build/tables.ts';
import { plain } from '../build/thresholds.ts';
import { usual } from '../build/variables.ts';

const NO_PORTS = 'No open ports known: bring Nmap reports (nmap -sV -oX).';
const NO_SITES = 'No web findings: bring OWASP ZAP reports.';
const NO_ASSETS = 'No assets known: run a job of perimeter discovery.';
/** What is exposed of an asset; the asset itself is counted apart. */
const EXPOSED = [is('class', 'exposure'), isNot('source', 'perimeter'), ...BY.findings];
const ASSETS = [is('rule', 'exposed-asset'), ...BY.findings];
const UNSCANNED = [is('rule', 'asset-not-scanned'), ...BY.findings];
const PORTS = [is('source', 'nmap'), is('class', 'exposure'), ...BY.findings];
const WEB = [is('source', 'zap'), ...BY.findings];

const exposures = stat(
  {
    title: 'Open exposures',
    says: 'What can be reached from outside: open ports, public buckets, open security groups.',
  },
  COLOUR.high,
  trend({ measures: ['open'], filters: EXPOSED }),
);
const resources = stat(
  { title: 'Exposed resources', says: 'Different resources with an open exposure.' },
  COLOUR.neutral,
  trend({ measures: ['affectedResources'], filters: EXPOSED }),
);
const fresh = figure(
  { title: 'New, last 7 days', says: 'Exposures that came by drift in the last 7 days.' },
  COLOUR.new,
  summary({ measures: ['new'], filters: EXPOSED }),
)
  .timeFrom('7d')
  .hideTimeOverride(true);
const ports = stat(
  { title: 'Open ports', says: 'Ports that Nmap found open.', empty: NO_PORTS },
  COLOUR.neutral,
  trend({ measures: ['open'], filters: PORTS }),
);

const newExposures = bySeverity(
  stackedBars(
    { title: 'New exposures', says: 'Exposures that opened by drift or came back, by week.' },
    trend({ measures: ['new'], groupBy: ['severity'], interval: '1w', filters: EXPOSED }),
  ),
);

const byPort = bars(
  { title: 'Open ports by service', says: 'On how many hosts something answers.', empty: NO_PORTS },
  summary({ measures: ['affectedResources'], groupBy: ['service'], limit: 15, filters: PORTS }),
).thresholds(plain(COLOUR.neutral));

const hosts = table(
  { title: 'Hosts', says: 'Hosts with open ports, those with most first.', empty: NO_PORTS },
  [RESOURCE, column('Open', 120, called('Open ports'), ...bar())],
  summary({ measures: ['open'], groupBy: ['resource'], limit: 50, filters: PORTS }),
);

const byRule = table(
  { title: 'Exposures by rule', says: 'What is exposed, and how often.' },
  [
    TITLE_OF_RULE,
    SEVERITY,
    column('Failing', 75),
    column('Accounts', 85),
    { ...SERVICE, width: 110 },
    column('Oldest', 100, DAY),
  ],
  findings({ format: 'byRule', limit: 50, filters: EXPOSED }),
);

const newest = table(
  { title: 'Newest exposures', says: 'What was first seen last.' },
  [
    SEVERITY,
    TITLE_OF_FINDING,
    ACCOUNT,
    column('Resource name', 180),
    column('Age', 75, unit('ms'), { id: 'decimals', value: 0 }),
  ],
  findings({ orderBy: 'firstSeen', direction: 'desc', limit: 20, filters: EXPOSED }),
);

const sites = matrix(
  {
    title: 'Web findings by site',
    says: 'Open findings of web scans by site and severity.',
    empty: NO_SITES,
  },
  { ...ACCOUNT, width: 260, properties: [...(ACCOUNT.properties ?? []), called('Site')] },
  'counts',
  summary({ measures: ['open'], groupBy: ['account', 'severity'], format: 'pivot', limit: 30, filters: WEB }),
);

const assets = stat(
  {
    title: 'Exposed assets',
    says: 'Addresses, load balancers, sites, APIs and names that perimeter discovery found.',
    empty: NO_ASSETS,
  },
  COLOUR.neutral,
  trend({ measures: ['open'], filters: ASSETS }),
);

const unscanned = stat(
  {
    title: 'In no scan',
    says: 'Exposed assets that no scan looks at, or none has for too long.',
    empty: NO_ASSETS,
  },
  COLOUR.high,
  trend({ measures: ['open'], filters: UNSCANNED }),
);

const byService = bars(
  {
    title: 'Exposed assets by service',
    says: 'Through which services the estate is reached.',
    empty: NO_ASSETS,
  },
  summary({ measures: ['open'], groupBy: ['service'], limit: 15, filters: ASSETS }),
).thresholds(plain(COLOUR.neutral));

const ENDPOINT = column('Locator', undefined, called('Reached at'));

const notScanned = table(
  {
    title: 'Exposed and in no scan',
    says: 'Assets that no job is to scan, or whose scans did not end well for too long; newest first.',
    empty: NO_ASSETS,
  },
  [
    column('Resource name', 190, called('Asset')),
    SERVICE,
    ENDPOINT,
    ACCOUNT,
    column('Age', 75, unit('ms'), { id: 'decimals', value: 0 }),
  ],
  findings({ orderBy: 'firstSeen', direction: 'desc', limit: 50, filters: UNSCANNED }),
);

const comings = table(
  {
    title: 'Assets that came and went',
    says: 'What appeared outside and what is gone, newest first.',
    empty: NO_ASSETS,
  },
  [
    column('Time', 135, MINUTE),
    column('What', 70),
    column('Resource name', undefined, called('Asset')),
    { ...SERVICE, width: 100 },
    { ...ACCOUNT, width: 120 },
  ],
  events({
    format: 'table',
    kinds: ['new', 'reopened', 'fixed'],
    limit: 100,
    filters: ASSETS,
  }),
);

export const perimeter = boardOf({
  uid: UID.perimeter,
  title: 'Perimeter',
  description: 'What can be reached from outside, since when, and what is new of it.',
  variables: usual(),
  shelves: [
    shelf(4, [6, exposures], [6, resources], [6, fresh], [6, ports]),
    shelf(9, [10, newExposures], [7, byPort], [7, hosts]),
    shelf(10, [12, byRule], [12, newest]),
    shelf(8, [24, sites]),
    { title: 'Assets' },
    shelf(9, [4, assets], [4, unscanned], [5, byService], [11, comings]),
    shelf(9, [24, notScanned]),
  ],
});
