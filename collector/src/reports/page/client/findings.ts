/// <reference lib="dom" />
import type { ReportFinding, SightlinePart } from '../../schema.ts';
import { button, emptyState, h, keepingFocus, panel, type Child } from './dom.ts';
import { details } from './finding-details.ts';
import {
  accepts,
  accountKey,
  accountLabel,
  ANY,
  byText,
  compareFindings,
  searchTextOf,
  type Filters,
  type SortKey,
} from './finding-rows.ts';
import {
  formatAge,
  formatCount,
  formatDay,
  formatInstant,
  SEVERITY_KEYS,
  UNKNOWN,
  visibleText,
} from './format.ts';
import type { Selection } from './rows.ts';

const ROWS_AT_FIRST = 100;
const ROWS_MORE = 400;

const COLUMNS: readonly { key: SortKey; label: string; falling: boolean }[] = [
  { key: 'severity', label: 'Severity', falling: true },
  { key: 'title', label: 'Finding', falling: false },
  { key: 'resource', label: 'Resource', falling: false },
  { key: 'account', label: 'Account', falling: false },
  { key: 'service', label: 'Service', falling: false },
  { key: 'first_seen', label: 'Open for', falling: false },
  { key: 'due_at', label: 'Due', falling: false },
];

function cell(label: string, kind: string, ...children: Child[]): HTMLElement {
  return h('td', { role: 'cell', class: kind, 'data-label': label }, ...children);
}

function dueCell(finding: ReportFinding): HTMLElement {
  if (finding.due_at === null) return cell('Due', 'due faint', h('span', { title: 'no due date' }, UNKNOWN));
  const words = { no: null, unverified: 'overdue?', confirmed: 'overdue' }[finding.overdue];
  const title = finding.overdue === 'unverified' ? 'Past its date; no complete run has looked since.' : '';
  return cell(
    'Due',
    'due',
    h('span', { class: 'nowrap' }, formatDay(finding.due_at)),
    words === null ? null : h('span', { class: `badge ${finding.overdue}`, title }, words),
  );
}

interface FindingsPanel {
  readonly element: HTMLElement;
  readonly select: (selection: Selection) => void;
}

/** Open findings, worst first, with filters, sorting and details. */
export function findingsPanel(part: SightlinePart): FindingsPanel {
  const title = 'Open findings';
  if (part.findings.length === 0) {
    const nothing =
      part.accounts.length === 0
        ? emptyState('No findings yet. Read a report with ', 'sightline ingest <file>')
        : emptyState('Nothing is open. Whether every scanner has looked lately is said below.', null);
    return { element: panel('findings', title, nothing), select: () => undefined };
  }
  const indexed = part.findings.map((finding) => ({ finding, text: searchTextOf(finding) }));
  const filters: Filters = { words: '', severity: ANY, cloud: ANY, account: ANY, source: ANY, overdue: ANY };
  const sort: { key: SortKey | null; falling: boolean } = { key: null, falling: true };
  const opened = new Set<string>();
  let limit = ROWS_AT_FIRST;

  const search = h('input', {
    type: 'search',
    placeholder: 'Title, rule, resource, team',
    'aria-label': 'Filter findings',
  });
  const { findings } = part;
  const selects = {
    severity: select(
      'Severity',
      SEVERITY_KEYS.filter((key) => findings.some((f) => f.severity.toLowerCase() === key)).map((key) => [
        key,
        key,
      ]),
    ),
    cloud: select('Cloud', distinct(findings.map((f) => [f.cloud, f.cloud]))),
    account: select('Account', distinct(findings.map((f) => [accountKey(f), accountLabel(f)]))),
    source: select('Source', distinct(findings.map((f) => [f.source, f.source]))),
    overdue: select('Due', [
      ['confirmed', 'overdue, confirmed'],
      ['unverified', 'overdue, unverified'],
      ['no', 'not overdue'],
    ]),
  };
  const clear = button('Clear', { class: 'link' }, () => {
    for (const element of Object.values(selects)) element.value = ANY;
    search.value = '';
    apply();
    search.focus();
  });
  const status = h('p', { class: 'status', role: 'status' });
  const head = h('tr', { role: 'row' });
  const body = h('tbody', { role: 'rowgroup' });
  const more = h('div', { class: 'more' });

  function select(
    label: string,
    options: readonly (readonly [value: string, label: string])[],
  ): HTMLSelectElement {
    const element = h('select', { 'aria-label': label }, h('option', { value: ANY }, `${label}: any`));
    for (const [value, text] of options) element.append(h('option', { value }, text));
    element.addEventListener('change', apply);
    return element;
  }

  function apply(): void {
    filters.words = search.value.trim().toLowerCase();
    filters.severity = selects.severity.value;
    filters.cloud = selects.cloud.value;
    filters.account = selects.account.value;
    filters.source = selects.source.value;
    filters.overdue = selects.overdue.value;
    limit = ROWS_AT_FIRST;
    draw();
  }

  function found(): ReportFinding[] {
    const matching = indexed.filter(({ finding, text }) => accepts(filters, finding, text));
    const rows = matching.map(({ finding }) => finding);
    const { key, falling } = sort;
    return key === null ? rows : rows.sort((a, b) => compareFindings(a, b, key, falling));
  }

  function draw(): void {
    const rows = found();
    const shown = rows.slice(0, limit);
    body.replaceChildren(...shown.flatMap(findingRows));
    if (rows.length === 0) body.replaceChildren(noMatch());
    drawStatus(rows.length);
    more.replaceChildren();
    if (shown.length === rows.length) return;
    const label = `Show ${formatCount(Math.min(ROWS_MORE, rows.length - shown.length))} more`;
    more.append(
      button(label, { 'data-key': 'more-findings' }, () => {
        limit += ROWS_MORE;
        keepingFocus(draw);
      }),
    );
  }

  function drawStatus(matching: number): void {
    const listed = findings.length;
    const total = part.findings_total;
    const filtered = Object.values(filters).some((value: string) => value !== ANY);
    clear.hidden = !filtered;
    if (total <= listed) {
      status.replaceChildren(`Showing ${formatCount(matching)} of ${formatCount(listed)}.`);
      return;
    }
    const showing = filtered
      ? `Showing ${formatCount(matching)} that match among the worst ${formatCount(listed)} of ${formatCount(total)}`
      : `Showing ${formatCount(listed)} of ${formatCount(total)}, the worst`;
    status.replaceChildren(`${showing}; the rest: `, h('code', {}, 'sightline findings'));
  }

  function noMatch(): HTMLElement {
    const text = 'No finding matches these filters.';
    return h(
      'tr',
      { role: 'row' },
      h('td', { role: 'cell', colspan: String(COLUMNS.length), class: 'empty' }, text),
    );
  }

  function findingRows(finding: ReportFinding): HTMLElement[] {
    const isOpen = opened.has(finding.fingerprint);
    const flip = (): void => {
      if (!opened.delete(finding.fingerprint)) opened.add(finding.fingerprint);
      keepingFocus(draw);
    };
    const row = summaryRow(finding, isOpen, flip);
    if (!isOpen) return [row];
    const detail = h('td', { colspan: String(COLUMNS.length), role: 'cell' }, details(finding));
    return [row, h('tr', { class: 'detail-row', role: 'row' }, detail)];
  }

  function summaryRow(finding: ReportFinding, isOpen: boolean, flip: () => void): HTMLElement {
    const key = finding.severity.toLowerCase();
    const toggle = button(
      finding.title,
      {
        class: 'finding-title untrusted',
        'aria-expanded': String(isOpen),
        'data-key': `finding:${finding.fingerprint}`,
      },
      flip,
    );
    const row = h(
      'tr',
      { class: isOpen ? 'finding open' : 'finding', role: 'row', 'data-fingerprint': finding.fingerprint },
      cell(
        'Severity',
        'severity',
        h('span', { class: `dot dot-${key}` }),
        key,
        h('span', { class: 'score', title: 'score, 0 to 100' }, String(finding.score)),
      ),
      cell('Finding', 'title', toggle, h('span', { class: 'note untrusted' }, finding.rule)),
      cell(
        'Resource',
        'resource',
        h(
          'span',
          { class: 'clamp untrusted', title: visibleText(finding.resource) },
          finding.resource_name ?? finding.resource,
        ),
        finding.resource_type === null ? null : h('span', { class: 'note untrusted' }, finding.resource_type),
      ),
      cell(
        'Account',
        'account',
        h('span', { class: 'clamp untrusted' }, accountLabel(finding)),
        h(
          'span',
          { class: 'note untrusted' },
          [finding.cloud, finding.team].filter((x) => x !== null).join(' · '),
        ),
      ),
      cell(
        'Service',
        'service',
        h('span', { class: 'clamp untrusted' }, finding.service),
        h('span', { class: 'note untrusted' }, finding.region),
      ),
      cell(
        'Open for',
        'age nowrap',
        h(
          'span',
          { title: `first seen ${formatInstant(finding.first_seen)}` },
          formatAge(Date.parse(part.generated_at) - Date.parse(finding.first_seen)),
        ),
      ),
      dueCell(finding),
    );
    row.addEventListener('click', (event) => {
      const onControl = event.target instanceof Element && event.target.closest('button, a') !== null;
      if (!onControl && window.getSelection()?.type !== 'Range') flip();
    });
    return row;
  }

  function drawHead(): void {
    head.replaceChildren(...COLUMNS.map(headerCell));
  }

  function headerCell({ key, label, falling }: (typeof COLUMNS)[number]): HTMLElement {
    const current = sort.key === key;
    const order = current ? (sort.falling ? 'descending' : 'ascending') : 'none';
    const trigger = button(label, { class: 'sort', 'data-key': `sort:${key}` }, () => {
      sort.falling = current ? !sort.falling : falling;
      sort.key = key;
      keepingFocus(() => {
        drawHead();
        draw();
      });
    });
    return h('th', { scope: 'col', role: 'columnheader', 'aria-sort': order, class: key }, trigger);
  }

  search.addEventListener('input', apply);
  drawHead();
  draw();
  const table = h(
    'table',
    { class: 'findings', role: 'table', 'aria-labelledby': 'findings-title' },
    h('thead', { role: 'rowgroup' }, head),
    body,
  );
  const element = panel(
    'findings',
    title,
    h('div', { class: 'controls' }, search, ...Object.values(selects), clear),
    status,
    table,
    more,
  );
  return {
    element,
    select: ({ cloud, account }) => {
      selects.cloud.value = cloud ?? ANY;
      selects.account.value =
        cloud === undefined || account === undefined ? ANY : accountKey({ cloud, account });
      // An account without a finding in the list is no option: a search for its id then says "no match" instead of showing all.
      search.value = account !== undefined && selects.account.value === '' ? account : '';
      if (selects.account.selectedIndex === -1) selects.account.value = ANY;
      apply();
      element.scrollIntoView({ block: 'start' });
      search.focus({ preventScroll: true });
    },
  };
}

function distinct(options: readonly (readonly [string, string])[]): [string, string][] {
  return [...new Map(options)].sort(([, a], [, b]) => byText.compare(a, b));
}
