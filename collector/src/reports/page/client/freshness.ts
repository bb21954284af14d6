/// <reference lib="dom" />
import type { ReportFreshness, SightlinePart } from '../../schema.ts';
import { button, emptyState, h, keepingFocus, numberCell, panel, s } from './dom.ts';
import { formatAge, formatCadence, formatChange, formatCount, formatInstant } from './format.ts';

const ROWS_AT_FIRST = 30;
const HOUR_MS = 3_600_000;
const STATES = ['failed', 'silent', 'late', 'fresh'] as const;
const COLUMNS = [
  'State',
  'Source',
  'Scope',
  'Last run',
  'Complete since, against cadence',
  'Outcome',
  'Open',
  'Change',
  'Notes',
];

const collator = new Intl.Collator('en', { numeric: true });

function compare(a: ReportFreshness, b: ReportFreshness): number {
  return (
    STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
    collator.compare(a.source, b.source) ||
    collator.compare(a.name ?? a.account, b.name ?? b.account)
  );
}

/** The bar ends at twice the cadence; the mark in its middle is when the next run was due. */
function cadenceBar(age: number, everyHours: number): SVGSVGElement {
  const part = Math.min(1, age / (2 * everyHours * HOUR_MS));
  const kind = part <= 0.5 ? 'fill-fixed' : part < 1 ? 'fill-medium' : 'fill-new';
  return s(
    'svg',
    { class: 'cadence', viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    s('rect', { class: 'track', x: '0', y: '2', width: '100', height: '6' }),
    s('rect', { class: kind, x: '0', y: '2', width: (part * 100).toFixed(1), height: '6' }),
    s('line', { class: 'zero', x1: '50', x2: '50', y1: '0', y2: '10' }),
  );
}

function completeText(one: ReportFreshness): string {
  return one.last_complete_at === null ? 'never complete' : `complete ${formatInstant(one.last_complete_at)}`;
}

function row(one: ReportFreshness, now: number): HTMLElement {
  // A run that failed or saw only part leaves the numbers as old as the last complete one.
  const age = one.last_complete_at === null ? null : now - Date.parse(one.last_complete_at);
  const cadence = one.expected_every_hours;
  const td = (kind: string, ...children: Parameters<typeof h>[2][]): HTMLElement =>
    h('td', { role: 'cell', class: kind }, ...children);
  return h(
    'tr',
    { role: 'row', 'data-state': one.state },
    td('', h('span', { class: `state state-${one.state}` }, one.state)),
    h('th', { scope: 'row', role: 'rowheader' }, h('span', { class: 'untrusted' }, one.source)),
    td(
      'scope',
      h('span', { class: 'untrusted' }, one.name ?? one.account),
      h('span', { class: 'note untrusted' }, one.name === null ? one.cloud : `${one.cloud} ${one.account}`),
    ),
    td(
      'nowrap',
      h('span', {}, formatInstant(one.last_run_at)),
      one.last_complete_at === one.last_run_at ? null : h('span', { class: 'note' }, completeText(one)),
    ),
    td(
      'nowrap',
      cadence === null ? null : cadenceBar(age ?? Number.POSITIVE_INFINITY, cadence),
      h('span', {}, age === null ? 'never' : formatAge(age)),
      h('span', { class: 'faint' }, cadence === null ? ', no cadence known' : `, ${formatCadence(cadence)}`),
    ),
    td(one.outcome === 'complete' ? 'faint' : 'warn', one.outcome),
    numberCell(one.open),
    changeCell(one.delta),
    td('notes', ...one.notes.map((text) => h('div', { class: 'untrusted' }, text))),
  );
}

function changeCell(delta: number | null): HTMLElement {
  if (delta === null) return numberCell(null, 'no earlier run to compare with');
  return h('td', { role: 'cell', class: 'number faint' }, formatChange(delta));
}

/** When each scanner last looked at each account: what the numbers above rest on. */
export function freshnessPanel(part: SightlinePart): HTMLElement {
  const title = 'Freshness of scanners';
  const all = [...part.freshness].sort(compare);
  if (all.length === 0) {
    return panel(
      'freshness',
      title,
      emptyState('No scanner has reported yet. Read a report with ', 'sightline ingest <file>'),
    );
  }
  const now = Date.parse(part.generated_at);
  const body = h('tbody', { role: 'rowgroup' });
  const more = h('div', { class: 'more' });
  let state: string | null = null;
  let limit = ROWS_AT_FIRST;
  const chips = h('div', { class: 'segmented', role: 'group', 'aria-label': 'States shown' });

  function chip(label: string, value: string | null, count: number): HTMLElement {
    return button(
      `${label} ${formatCount(count)}`,
      { 'aria-pressed': String(state === value), 'data-key': `state:${label}` },
      () => {
        state = value;
        limit = ROWS_AT_FIRST;
        keepingFocus(draw);
      },
    );
  }

  function draw(): void {
    chips.replaceChildren(chip('all', null, all.length));
    for (const one of STATES) {
      const count = all.filter((entry) => entry.state === one).length;
      if (count > 0) chips.append(chip(one, one, count));
    }
    const rows = state === null ? all : all.filter((one) => one.state === state);
    body.replaceChildren(...rows.slice(0, limit).map((one) => row(one, now)));
    more.replaceChildren();
    if (rows.length <= limit) return;
    more.append(
      button(`Show ${formatCount(rows.length - limit)} more`, { 'data-key': 'more-freshness' }, () => {
        limit = rows.length;
        keepingFocus(draw);
      }),
    );
  }

  draw();
  const head = COLUMNS.map((label) =>
    h(
      'th',
      { scope: 'col', role: 'columnheader', class: label === 'Open' || label === 'Change' ? 'number' : '' },
      label,
    ),
  );
  const table = h(
    'table',
    { class: 'freshness', role: 'table', 'aria-labelledby': 'freshness-title' },
    h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, ...head)),
    body,
  );
  const scroll = h(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-labelledby': 'freshness-title' },
    table,
  );
  return panel('freshness', title, h('div', { class: 'controls' }, chips), scroll, more);
}
