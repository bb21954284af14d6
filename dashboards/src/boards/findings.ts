import { boardOf, shelf } from '../build/board.ts';
import { STATUS_COLOURS } from '../build/colours.ts';
import { UID } from '../build/names.ts';
import { table as tableOf } from '../build/tables.ts';
import { text, timeline } from '../build/panels.ts';
import { BY, events, type Filter, findings as findingsQuery, is } from '../build/query.ts';
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
    column('Oldest', 150),
    column('Next due', 150),
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
    column('Score', 60),
    { ...STATUS, width: 90 },
    TITLE_OF_FINDING,
    ACCOUNT,
    column('Region', 110),
    { ...SERVICE, width: 100 },
    column('Resource name', 200),
    { ...TEAM, width: 110 },
    column('Age', 75, unit('ms'), { id: 'decimals', value: 0 }),
    column('Due', 145),
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
    column('Due', 145),
    column('Remediation', 320),
  ],
  findingsQuery({
    limit: 1,
    filters: [ONE, is('status', 'open', 'fixed', 'retired', 'accepted', 'muted', 'false_positive')],
  }),
);

const history = timeline(
  {
    title: 'Its history',
    says: 'The status of the finding over the range, from one event to the next.',
    empty: HINT,
  },
  events({ format: 'table', filters: [ONE], limit: 200 }),
)
  .mappings(STATUS_COLOURS)
  .withTransformation({
    id: 'organize',
    options: {
      includeByName: { Time: true, Status: true },
      excludeByName: {},
      indexByName: {},
      renameByName: {},
    },
  })
  .withTransformation({ id: 'sortBy', options: { sort: [{ field: 'Time', desc: false }] } });

const changes = tableOf(
  { title: 'Its events', says: 'What happened to it and why, newest first.', empty: HINT },
  [column('Time', 150), column('What', 100), { ...STATUS, width: 90 }, column('Why', 90), column('Change')],
  events({ format: 'table', filters: [ONE], limit: 200 }),
);

const related = (title: string, says: string, filter: Filter, empty: string) =>
  tableOf(
    { title, says, empty },
    [
      SEVERITY,
      { ...STATUS, width: 90 },
      TITLE_OF_FINDING,
      column('Source', 100),
      column('Age', 75, unit('ms')),
    ],
    findingsQuery({ limit: 50, filters: [filter] }),
  );

const command = text(
  'Decide on it',
  [
    'Accept the risk until a date, or call it false; `--undo` takes it back:',
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
    { title: 'One finding' },
    shelf(4, [24, fields]),
    shelf(6, [16, history], [8, command]),
    shelf(
      8,
      [8, changes],
      [8, related('Same resource', 'All findings of the same resource.', is('resource', '$resource'), HINT)],
      [
        8,
        related(
          'Same thing, other sources',
          'Findings with the same correlation key: several scanners see the same vulnerability. Scanners that name none have no such key.',
          is('correlationKey', '$correlation'),
          'Nothing else is known of it, or no finding is chosen.',
        ),
      ],
    ),
  ],
});
