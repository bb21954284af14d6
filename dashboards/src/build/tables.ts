import { TableCellHeight, TableSortByFieldStateBuilder } from '@grafana/grafana-foundation-sdk/common';
import type { DashboardLinkBuilder, DynamicConfigValue } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table';
import { COLOUR, SEVERITY_COLOURS, STATE_COLOURS, STATUS_COLOURS } from './colours.ts';
import { field, link, VALUE } from './links.ts';
import { UID } from './names.ts';
import { type About, dressed } from './panels.ts';
import type { Target } from './query.ts';

/** Tables: which columns are shown, and how. Columns are called as people see them. */

export interface Column {
  readonly name: string;
  /** Name of a field that is not shown and would be called the same: Grafana's table tells columns apart by what they are called. */
  readonly beside?: string;
  readonly width?: number;
  readonly properties?: readonly DynamicConfigValue[];
}

export const column = (name: string, width?: number, ...properties: DynamicConfigValue[]): Column => ({
  name,
  ...(width === undefined ? {} : { width }),
  properties,
});

const HIDDEN: DynamicConfigValue = { id: 'custom.hideFrom.viz', value: true };

/** Nothing is nothing to look at. */
export const QUIET_ZERO: DynamicConfigValue = {
  id: 'mappings',
  value: [
    { type: 'value', options: { '0': { text: ' ', color: 'transparent', index: 0 } } },
    { type: 'special', options: { match: 'null', result: { text: ' ', color: 'transparent', index: 1 } } },
  ],
};
/** Without the time of day, which nobody reads of what is weeks old. */
export const DAY: DynamicConfigValue = { id: 'unit', value: 'time:YYYY-MM-DD' };
export const MINUTE: DynamicConfigValue = { id: 'unit', value: 'time:YYYY-MM-DD HH:mm' };

export const cell = (value: object): DynamicConfigValue => ({ id: 'custom.cellOptions', value });
export const called = (name: string): DynamicConfigValue => ({ id: 'displayName', value: name });
export const unit = (name: string): DynamicConfigValue => ({ id: 'unit', value: name });

const links = (...some: DashboardLinkBuilder[]): DynamicConfigValue => ({
  id: 'links',
  value: some.map((one) => {
    const { title, url } = one.build();
    return { title, url };
  }),
});
const coloured = (mappings: object): DynamicConfigValue[] => [
  { id: 'mappings', value: mappings },
  cell({ type: 'color-text' }),
];

/** Bars in the cell, in one colour, from 0. */
export const bar = (colour: string = COLOUR.neutral): DynamicConfigValue[] => [
  cell({ type: 'gauge', mode: 'basic', valueDisplayMode: 'text' }),
  { id: 'min', value: 0 },
  { id: 'color', value: { mode: 'fixed', fixedColor: colour } },
];

export const change: DynamicConfigValue[] = [
  {
    id: 'thresholds',
    value: {
      mode: 'absolute',
      steps: [
        { value: null, color: COLOUR.good },
        { value: 0, color: 'text' },
        { value: 1, color: COLOUR.bad },
      ],
    },
  },
  { id: 'color', value: { mode: 'thresholds' } },
  cell({ type: 'color-text' }),
];

/** The columns that many tables have. */
export const SEVERITY = column('Severity', 110, ...coloured(SEVERITY_COLOURS));
export const STATE = column('State', 80, ...coloured(STATE_COLOURS));
export const OUTCOME = column('Outcome', 90, ...coloured(STATE_COLOURS));
export const STATUS = column('Status', 100, ...coloured(STATUS_COLOURS));
/** `accountName`, with the id that links need in a column that is not shown. */
export const ACCOUNT: Column = {
  ...column(
    'Account name',
    140,
    called('Account'),
    links(
      link('Show the account', UID.account, { account: field('account') }),
      link('Findings of the account', UID.findings, { account: field('account') }),
    ),
  ),
  beside: 'account',
};
export const RULE = column(
  'Rule',
  undefined,
  links(link('Findings of the rule', UID.findings, { rule: VALUE })),
);
/** Titles say what rules mean; the rule is what the link is about. */
export const TITLE_OF_RULE: Column = {
  ...column(
    'Title',
    undefined,
    called('Rule'),
    links(link('Findings of the rule', UID.findings, { rule: field('rule') })),
  ),
  beside: 'rule',
};
export const SERVICE = column(
  'Service',
  110,
  links(link('Show the service', UID.account, { service: VALUE })),
);
export const TEAM = column('Team', 120, links(link('Findings of the team', UID.findings, { team: VALUE })));
export const RESOURCE = column(
  'Resource',
  undefined,
  links(link('Findings of the resource', UID.findings, { search: VALUE })),
);
export const TITLE_OF_FINDING = column(
  'Title',
  undefined,
  called('Finding'),
  links(
    link('Show the finding', UID.findings, {
      fingerprint: field('fingerprint'),
      resource: field('resource'),
      correlation: field('correlationKey'),
    }),
  ),
);

/** A table would show what stands for no value in every empty cell: it is said in the description instead. */
function plainTable({ empty, says, title }: About, targets: readonly Target[]): Table {
  const text = empty === undefined ? says : `${says} ${empty}`;
  return dressed(new Table(), { title, says: text }, targets).showHeader(true).cellHeight(TableCellHeight.Sm);
}

/** Shows these columns and no others, in the order in which the API gives them. */
export function table(about: About, columns: readonly Column[], ...targets: Target[]): Table {
  const panel = plainTable(about, targets);
  const names = columns.map(({ name }) => escaped(name)).join('|');
  panel.overrideByRegexp(`/^(?!(${names})$).*$/`, [HIDDEN]);
  for (const { beside } of columns)
    if (beside !== undefined) panel.overrideByName(beside, [HIDDEN, called(`${beside} id`)]);
  for (const { name, width, properties = [] } of columns)
    panel.overrideByName(name, [
      ...properties,
      ...(width === undefined ? [] : [{ id: 'custom.width', value: width }]),
    ]);
  return panel;
}

/** Cells of a matrix, the darker the more; ratios from red to green. */
export function matrix(about: About, first: Column, kind: 'counts' | 'ratios', ...targets: Target[]): Table {
  const panel = plainTable(about, targets);
  panel.overrideByFieldType('number', [
    cell({ type: 'color-background', mode: 'basic', applyToRow: false }),
    { id: 'color', value: { mode: kind === 'counts' ? 'continuous-blues' : 'thresholds' } },
    ...(kind === 'counts'
      ? [{ id: 'min', value: 0 }]
      : [
          {
            id: 'thresholds',
            value: {
              mode: 'absolute',
              steps: [
                { value: null, color: COLOUR.bad },
                { value: 0.8, color: COLOUR.warning },
                { value: 0.95, color: COLOUR.good },
              ],
            },
          },
        ]),
    { id: 'custom.align', value: 'center' },
    { id: 'custom.minWidth', value: 105 },
    QUIET_ZERO,
  ]);
  panel.overrideByName('Total', [cell({ type: 'auto' }), { id: 'custom.width', value: 80 }]);
  if (first.beside !== undefined) panel.overrideByName(first.beside, [HIDDEN, called(`${first.beside} id`)]);
  panel.overrideByName(first.name, [
    ...(first.properties ?? []),
    { id: 'custom.width', value: first.width ?? 150 },
  ]);
  return panel;
}

export function sortedBy(panel: Table, name: string, descending = true): Table {
  return panel.sortBy([new TableSortByFieldStateBuilder().displayName(name).desc(descending)]);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
}
