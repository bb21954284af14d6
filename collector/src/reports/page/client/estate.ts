/// <reference lib="dom" />
import type { Report, ReportAccount, ReportAccountService, ReportRawReport } from '../../schema.ts';
import { severityBar } from './charts.ts';
import { bucketLink, button, emptyState, h, keepingFocus, numberCell, panel, type Child } from './dom.ts';
import {
  compareSeverities,
  formatChange,
  formatCount,
  formatDay,
  formatInstant,
  formatRate,
  passRate,
  totalOf,
} from './format.ts';
import {
  accountRow,
  accountsByCloud,
  byName,
  cloudRow,
  serviceRow,
  severitiesOf,
  type OnSelect,
  type Row,
} from './rows.ts';

const ACCOUNTS_AT_FIRST = 25;
const RAW_REPORTS_SHOWN = 8;
const COLUMNS = [
  'Open',
  'By severity',
  'New',
  'Fixed',
  'Overdue',
  'Pass rate',
  'Checked',
  'Flagged',
  'Resources',
];

function tableRow(
  row: Row,
  scale: number,
  head: Child[],
  attributes: Record<string, string> = {},
): HTMLElement {
  const rate = passRate(row.checked, row.flagged);
  const missing = 'no source gives checked and flagged items that belong together';
  return h(
    'tr',
    { class: `level-${row.level}`, role: 'row', 'data-row': row.key, ...attributes },
    h('th', { scope: 'row', role: 'rowheader' }, h('div', { class: 'name' }, ...head)),
    h(
      'td',
      { class: 'number strong', role: 'cell' },
      row.change === null || row.change === 0
        ? null
        : h('span', { class: row.change > 0 ? 'change worse' : 'change better' }, formatChange(row.change)),
      formatCount(row.open),
    ),
    h('td', { class: 'bar-cell', role: 'cell' }, severityBar(row.severities, scale)),
    numberCell(row.new),
    numberCell(row.fixed),
    numberCell(row.overdue),
    rate === null ? numberCell(null, missing) : h('td', { class: 'number', role: 'cell' }, formatRate(rate)),
    numberCell(row.checked),
    numberCell(row.flagged),
    numberCell(row.resources),
  );
}

/** One row of detail across the table: where the scanners' own reports are. */
function rawReportsRow(account: ReportAccount): HTMLElement | null {
  if (account.raw_reports.length === 0) return null;
  const newest = [...account.raw_reports].sort((a, b) => (a.observed_at < b.observed_at ? 1 : -1));
  const more = newest.length - RAW_REPORTS_SHOWN;
  return h(
    'tr',
    { class: 'level-3 reports', role: 'row' },
    h(
      'td',
      { colspan: String(COLUMNS.length + 1), role: 'cell' },
      h('span', { class: 'faint' }, 'Latest reports'),
      ...newest.slice(0, RAW_REPORTS_SHOWN).map(rawReportLink),
      more > 0 ? h('span', { class: 'faint' }, `and ${formatCount(more)} more`) : null,
    ),
  );
}

function rawReportLink(report: ReportRawReport): HTMLElement {
  const size = report.bytes === null ? '' : `, ${formatBytes(report.bytes)}`;
  return h(
    'span',
    { class: 'raw', title: formatInstant(report.observed_at) },
    bucketLink(report.href, report.source),
    h('span', { class: 'faint' }, ` ${formatDay(report.observed_at)}, ${report.kind}${size}`),
  );
}

function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(0)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function matches(account: ReportAccount, words: string): boolean {
  const fields = [account.cloud, account.account, account.name, account.team, account.environment];
  const text = [...fields, ...account.services.map((service) => service.service)].join(' ').toLowerCase();
  return words.split(/\s+/).every((word) => text.includes(word));
}

/** Cloud → account → service, each level opened on demand. */
export function estatePanel(report: Report, onSelect: OnSelect): HTMLElement {
  const { accounts } = report.sightline;
  const title = 'Accounts and services';
  if (accounts.length === 0) {
    return panel(
      'estate',
      title,
      emptyState('No account has been read yet. Read a report with ', 'sightline ingest <file>'),
    );
  }
  const clouds = accountsByCloud(accounts);
  const largest = Math.max(1, ...clouds.map(([, group]) => totalOf(severitiesOf(group))));
  const closed = new Set<string>();
  const opened = new Set<string>();
  const unlimited = new Set<string>();
  const search = h('input', {
    type: 'search',
    placeholder: 'Account, team or service',
    'aria-label': 'Filter accounts',
  });
  const body = h('tbody', { role: 'rowgroup' });

  function toggler(row: Row, isOpen: boolean, set: Set<string>): HTMLElement {
    const element = button(
      '',
      { class: 'toggle', 'aria-expanded': String(isOpen), 'data-key': `row:${row.key}` },
      () => {
        if (!set.delete(row.key)) set.add(row.key);
        keepingFocus(draw);
      },
    );
    element.append(
      h('span', { class: 'chevron', 'aria-hidden': 'true' }),
      h('span', { class: 'untrusted' }, row.name),
    );
    return element;
  }

  function accountRows(account: ReportAccount, scale: number): (HTMLElement | null)[] {
    const row = accountRow(account);
    const isOpen = opened.has(row.key);
    const show = button('findings', { class: 'link quiet', 'data-key': `show:${row.key}` }, () =>
      onSelect({ cloud: account.cloud, account: account.account }),
    );
    show.setAttribute('aria-label', `Show the open findings of ${row.name}`);
    const head = [toggler(row, isOpen, opened), note(row), account.open === 0 ? null : show];
    const rows: (HTMLElement | null)[] = [tableRow(row, scale, head)];
    if (!isOpen) return rows;
    rows.push(rawReportsRow(account));
    const services = [...account.services].sort(
      (a, b) => compareSeverities(a.severities, b.severities) || byName.compare(a.service, b.service),
    );
    for (const service of services) rows.push(...serviceRows(account, service));
    return rows;
  }

  function serviceRows(account: ReportAccount, service: ReportAccountService): HTMLElement[] {
    const row = serviceRow(account, service);
    const scale = Math.max(1, ...account.services.map((one) => one.open));
    const sources = Object.entries(service.sources);
    if (sources.length < 2) {
      return [tableRow(row, scale, [h('span', { class: 'leaf untrusted' }, row.name), note(row)])];
    }
    const isOpen = opened.has(row.key);
    const rows = [tableRow(row, scale, [toggler(row, isOpen, opened), note(row)])];
    if (!isOpen) return rows;
    for (const [source, counts] of sources) rows.push(sourceRow(source, counts));
    return rows;
  }

  function sourceRow(source: string, counts: ReportAccountService['sources'][string]): HTMLElement {
    const rate = passRate(counts.checked_items, counts.flagged_items);
    const blank = (): HTMLElement => h('td', { role: 'cell' });
    return h(
      'tr',
      { class: 'level-4', role: 'row' },
      h(
        'th',
        { scope: 'row', role: 'rowheader' },
        h('div', { class: 'name' }, h('span', { class: 'leaf' }, source)),
      ),
      blank(),
      blank(),
      blank(),
      blank(),
      blank(),
      rate === null ? numberCell(null) : h('td', { class: 'number', role: 'cell' }, formatRate(rate)),
      numberCell(counts.checked_items),
      numberCell(counts.flagged_items),
      numberCell(counts.resources_count),
    );
  }

  function moreRow(cloud: string, hidden: number): HTMLElement {
    const more = button(
      `Show ${formatCount(hidden)} more accounts of ${cloud}`,
      { class: 'link', 'data-key': `more:${cloud}` },
      () => {
        unlimited.add(cloud);
        keepingFocus(draw);
      },
    );
    return h(
      'tr',
      { class: 'level-2', role: 'row' },
      h('td', { colspan: String(COLUMNS.length + 1), role: 'cell' }, more),
    );
  }

  function draw(): void {
    const words = search.value.trim().toLowerCase();
    const rows: (HTMLElement | null)[] = [];
    for (const [cloud, all] of clouds) {
      const group = words === '' ? all : all.filter((account) => matches(account, words));
      if (group.length === 0) continue;
      const row = cloudRow(cloud, group);
      const isOpen = !closed.has(row.key);
      rows.push(tableRow(row, largest, [toggler(row, isOpen, closed), note(row)]));
      if (!isOpen) continue;
      const shown = unlimited.has(cloud) ? group : group.slice(0, ACCOUNTS_AT_FIRST);
      const scale = Math.max(1, ...group.map((account) => totalOf(account.severities)));
      for (const account of shown) rows.push(...accountRows(account, scale));
      if (shown.length < group.length) rows.push(moreRow(cloud, group.length - shown.length));
    }
    if (rows.length === 0) rows.push(nothing());
    body.replaceChildren(...rows.filter((row) => row !== null));
  }

  function nothing(): HTMLElement {
    const cell = h(
      'td',
      { colspan: String(COLUMNS.length + 1), role: 'cell', class: 'empty' },
      'No account matches.',
    );
    return h('tr', { role: 'row' }, cell);
  }

  search.addEventListener('input', draw);
  draw();
  const head = COLUMNS.map((label) =>
    h(
      'th',
      { scope: 'col', role: 'columnheader', class: label === 'By severity' ? 'bar-cell' : 'number' },
      label,
    ),
  );
  const table = h(
    'table',
    { class: 'estate', role: 'table', 'aria-labelledby': 'estate-title' },
    h(
      'thead',
      { role: 'rowgroup' },
      h('tr', { role: 'row' }, h('th', { scope: 'col', role: 'columnheader' }, 'Name'), ...head),
    ),
    body,
  );
  const scroll = h(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-labelledby': 'estate-title' },
    table,
  );
  return panel('estate', title, h('div', { class: 'controls' }, search), scroll);
}

function note(row: Row): HTMLElement | null {
  return row.note === null ? null : h('span', { class: 'note untrusted' }, row.note);
}
