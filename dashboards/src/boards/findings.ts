import { AxisPlacement } from '@grafana/grafana-foundation-sdk/common';
import { FieldColorModeId } from '@grafana/grafana-foundation-sdk/dashboard';
import { boardOf, shelf } from '../build/board.ts';
import { COLOUR } from '../build/colours.ts';
import { UID } from '../build/names.ts';
import { table as tableOf, MINUTE, DAY } from '../build/tables.ts';
import { stacked, text } from '../build/panels.ts';
import { BY, events, type Filter, findings as findingsQuery, is, trend } from '../build/query.ts';
import {
  ACCOUNT,
  called,
  column,
  RULE,
  SERVICE,
  SEVERITY,
  STATUS,
  TEAM,
  TITLE_OF_FINDING,
  TITLE_OF_RULE,
  unit,
} from '../build/tables.ts';
import { choice, setByLinks, textBox, usual } from '../build/variables.ts';

/** No fingerprint, no resource and no key is like these. */
const NO_FINGERPRINT = '0'.repeat(32);
const NOTHING = 'none chosen';
const HINT = 'Click a finding in the list above.';

const more = ['class', 'source', 'rule', 'status'].map((name): Filter => ({
  field: name,
  operator: 'in',
  values: [`$${name}`],
}));
const CHOSEN: readonly Filter[] = [...BY.findings, ...more, is('search', '$search')];

const byRule = tableOf(
  {
    title: 'By rule',
    says: 'One row per rule: resources that fail, of those that scans looked at. Click a rule for its findings.',
  },
  [
    TITLE_OF_RULE,
    SEVERITY,
    column('Failing', 75),
    column('Of', 65),
    column('Accounts', 85),
    column('Oldest', 100, DAY),
    column('Next due', 100, DAY),
    column('Source', 100),
    { ...SERVICE, width: 110 },
  ],
  findingsQuery({ format: 'byRule', limit: 200, filters: [...CHOSEN] }),
);

const rows = tableOf(
  {
    title: 'Findings',
    says: 'The worst first, at most 500. Click a finding to see all about it below.',
  },
  [
    SEVERITY,
    { ...STATUS, width: 90 },
    { ...TITLE_OF_FINDING, width: 280 },
    ACCOUNT,
    column('Region', 105),
    { ...SERVICE, width: 100 },
    column('Resource name'),
    { ...TEAM, width: 110 },
    column('Age', 75, unit('ms'), { id: 'decimals', value: 0 }),
    column('Due', 100, DAY),
  ],
  findingsQuery({ limit: 500, filters: [...CHOSEN] }),
);

const ONE = is('fingerprint', '$fingerprint');

const fields = tableOf(
  { title: 'The finding', says: 'What it is about, and what to do.', empty: HINT },
  [
    SEVERITY,
    { ...STATUS, width: 90 },
    column('Title', 240, called('Finding')),
    RULE,
    ACCOUNT,
    column('Region', 100),
    column('Resource', 220),
    column('Opened by', 90),
    column('Due', 100, DAY),
    column('Remediation', 320),
  ],
  findingsQuery({
    limit: 1,
    filters: [ONE, is('status', 'open', 'fixed', 'retired', 'accepted', 'muted', 'false_positive')],
  }),
);

const IN_FORCE = {
  open: COLOUR.bad,
  fixed: COLOUR.good,
  accepted: COLOUR.neutral,
  muted: COLOUR.muted,
  false_positive: COLOUR.muted,
  retired: COLOUR.muted,
} as const;

// A state timeline would tell, until one is chosen, that a field of time is missing.
const history = stacked(
  { title: 'Its history', says: 'In which status the finding was, over the range.', empty: HINT },
  trend({ measures: ['findings'], groupBy: ['status'], filters: [ONE] }),
)
  .lineWidth(0)
  .fillOpacity(80)
  .max(1)
  .axisPlacement(AxisPlacement.Hidden);
for (const [status, fixedColor] of Object.entries(IN_FORCE))
  history.overrideByName(status, [{ id: 'color', value: { mode: FieldColorModeId.Fixed, fixedColor } }]);

const changes = tableOf(
  { title: 'Its events', says: 'What happened to it and why, newest first.', empty: HINT },
  [
    column('Time', 135, MINUTE),
    column('What', 100),
    { ...STATUS, width: 90 },
    column('Why', 90),
    column('Change'),
  ],
  events({ format: 'table', filters: [ONE], limit: 200 }),
);

const related = (title: string, says: string, filters: Filter[], empty: string) =>
  tableOf(
    { title, says, empty },
    [
      SEVERITY,
      { ...STATUS, width: 90 },
      TITLE_OF_FINDING,
      column('Source', 100),
      column('Age', 75, unit('ms')),
    ],
    findingsQuery({ limit: 50, filters }),
  );

const command = text(
  'Decide on it',
  [
    'Click a finding in the list above; then accept its risk until a date, or call it false:',
    '',
    '```sh',
    'sightline verdict ${fingerprint} --accept --until ${__to:date:YYYY}-12-31 --reason "…"',
    'sightline verdict ${fingerprint} --false-positive --reason "…"',
    '```',
    '',
    'A finding that is fixed closes by itself with the next complete scan.',
  ].join('\n'),
);

export const findingsBoard = boardOf({
  uid: UID.findings,
  title: 'Findings',
  description:
    'From rules to findings to one finding: its fields, its history, and what else is known of the same thing.',
  variables: [
    ...usual(),
    choice('class'),
    choice('source'),
    choice('rule'),
    choice('status', 'open'),
    textBox('search', 'Search', 'Part of a title, rule or resource; or a fingerprint'),
    setByLinks('fingerprint', NO_FINGERPRINT),
    setByLinks('resource', NOTHING),
    setByLinks('correlation', NOTHING),
  ],
  shelves: [
    shelf(9, [24, byRule]),
    shelf(13, [24, rows]),
    { title: 'One finding: click one in the list above' },
    shelf(4, [24, fields]),
    shelf(6, [16, history], [8, command]),
    shelf(
      8,
      [8, changes],
      [
        8,
        related('Same resource', 'All findings of the same resource.', [is('resource', '$resource')], HINT),
      ],
      [
        8,
        related(
          'Same thing, other sources',
          'Findings with the same correlation key: several scanners see the same vulnerability. Scanners that name none have no such key.',
          [
            { field: 'correlationKey', operator: '!=', values: [''] },
            // Most findings have no key, and a variable that is empty chooses nothing: in brackets it is an expression for nothing.
            { field: 'correlationKey', operator: '=~', values: ['($correlation)'] },
          ],
          'Nothing else is known of it, or no finding is chosen.',
        ),
      ],
    ),
  ],
});
