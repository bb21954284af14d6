import { boardOf, shelf } from '../build/board.ts';
import { COLOUR, fixedColour } from '../build/colours.ts';
import { UID } from '../build/names.ts';
import { categories, stacked, stat } from '../build/panels.ts';
import { BY, findings, is, summary, trend } from '../build/query.ts';
import { bar, called, column, SEVERITY, table, TITLE_OF_FINDING, unit } from '../build/tables.ts';
import { link, VALUE } from '../build/links.ts';
import { usual } from '../build/variables.ts';

const EMPTY = 'No vulnerabilities known: bring Trivy, Grype or Inspector reports.';
const NO_CODE = 'No findings in code: bring the reports of a code or secret scanner (SARIF).';
const VULNERABLE = [is('class', 'vulnerability'), ...BY.findings];
const CODE = [is('class', 'code', 'secret'), ...BY.findings];
const HIDDEN = { id: 'custom.hideFrom', value: { viz: true, legend: true, tooltip: true } };

const fixable = stat(
  {
    title: 'Fixable criticals',
    says: 'Open critical vulnerabilities for which a fixed version is known: the shortest way to less risk.',
    empty: EMPTY,
  },
  COLOUR.critical,
  trend({
    measures: ['open'],
    filters: [
      is('class', 'vulnerability'),
      is('severity', 'CRITICAL'),
      is('fixable', 'true'),
      ...BY.findingsOfAnySeverity,
    ],
  }),
);
const open = stat(
  { title: 'Open vulnerabilities', says: 'In all severities, fixable or not.', empty: EMPTY },
  COLOUR.high,
  trend({ measures: ['open'], filters: VULNERABLE }),
);
const packages = stat(
  {
    title: 'Images and repositories',
    says: 'Different accounts (images, repositories) with an open vulnerability.',
    empty: EMPTY,
  },
  COLOUR.neutral,
  trend({ measures: ['accounts'], filters: VULNERABLE }),
);
const secrets = stat(
  {
    title: 'Secrets in the open',
    says: 'Open findings about keys and passwords where everybody can read them.',
  },
  COLOUR.bad,
  trend({ measures: ['open'], filters: [is('class', 'secret'), ...BY.findings] }),
);

const overTime = stacked(
  {
    title: 'Fixable or not',
    says: 'Open vulnerabilities with a known fixed version, and without one.',
    empty: EMPTY,
  },
  trend({ measures: ['open'], groupBy: ['fixable'], filters: VULNERABLE }),
)
  .overrideByName('fixable', [fixedColour(COLOUR.high)])
  .overrideByName('not fixable', [fixedColour(COLOUR.muted)]);

const ages = categories(
  { title: 'Age', says: 'Days since the vulnerability was first seen, or seen again.', empty: EMPTY },
  'age',
  summary({ measures: ['open'], groupBy: ['severity'], format: 'ageBuckets', filters: VULNERABLE }),
)
  .overrideByName('xMin', [HIDDEN])
  .overrideByName('xMax', [HIDDEN]);

const byKey = table(
  {
    title: 'The same vulnerability, everywhere',
    says: 'By correlation key (CVE and package): how many findings, sources that see it, resources and accounts.',
    empty: EMPTY,
  },
  [
    column('Correlation key', undefined, called('Vulnerability'), {
      id: 'links',
      value: [{ title: 'Its findings', url: link('', UID.findings, { search: VALUE }).build().url }],
    }),
    column('Package', 220),
    column('Open', 110, ...bar(COLOUR.high)),
    column('Affected resources', 90, called('Resources')),
    column('Accounts', 85),
    column('Sources', 80),
  ],
  summary({
    measures: ['open', 'affectedResources', 'accounts', 'sources'],
    groupBy: ['correlationKey', 'package'],
    limit: 100,
    filters: [...VULNERABLE, { field: 'correlationKey', operator: '!=', values: [''] }],
  }),
);

const byImage = table(
  {
    title: 'By image and repository',
    says: 'Where vulnerabilities are; images and repositories stand for accounts.',
    empty: EMPTY,
  },
  [
    column('Account', undefined, called('Image or repository')),
    column('Open', 110, ...bar(COLOUR.high)),
    column('Risk score', 80, called('Risk')),
  ],
  summary({ measures: ['open', 'riskScore'], groupBy: ['account'], limit: 50, filters: VULNERABLE }),
);

const newest = table(
  {
    title: 'Newest',
    says: 'Vulnerabilities that were first seen last, and the version that fixes them.',
    empty: EMPTY,
  },
  [
    SEVERITY,
    TITLE_OF_FINDING,
    column('Package', 160),
    column('Fixed in', 110),
    column('Account', 200, called('Image or repository')),
    column('Age', 75, unit('ms'), { id: 'decimals', value: 0 }),
  ],
  findings({ orderBy: 'firstSeen', direction: 'desc', limit: 30, filters: VULNERABLE }),
);

const code = table(
  { title: 'Code and secrets', says: 'Findings of code scanners, and secrets in the open.', empty: NO_CODE },
  [
    SEVERITY,
    TITLE_OF_FINDING,
    column('Source', 100),
    column('Resource name', 200),
    column('Locator', 160),
    column('Age', 75, unit('ms'), { id: 'decimals', value: 0 }),
  ],
  findings({ limit: 50, filters: CODE }),
);

export const vulnerabilities = boardOf({
  uid: UID.vulnerabilities,
  title: 'Vulnerabilities and code',
  description:
    'Known vulnerabilities in images, packages and code: what can be fixed now, and where the same one is.',
  variables: usual(),
  shelves: [
    shelf(4, [6, fixable], [6, open], [6, packages], [6, secrets]),
    shelf(8, [14, overTime], [10, ages]),
    shelf(10, [15, byKey], [9, byImage]),
    shelf(10, [12, newest], [12, code]),
  ],
});
