/// <reference lib="dom" />
import type { Report, ReportSeverities, ReportTrendPoint, SightlinePart } from '../../schema.ts';
import { meter, sparkbars, sparkline } from './charts.ts';
import { button, h, s, type Child } from './dom.ts';
import { DAY_MS, formatAge, formatChange, formatCount, formatDay, formatInstant, totalOf } from './format.ts';

const STALE_AFTER_MS = 36 * 3_600_000;
const SPARK_POINTS = 60;
const THEME_KEY = 'sightline-theme';

export function pageHeader(report: Report): HTMLElement {
  const { generated_at: generatedAt, previous } = report.sightline;
  const age = Date.now() - Date.parse(generatedAt);
  const stale = age > STALE_AFTER_MS;
  const compared =
    previous === null
      ? 'first report, nothing to compare with'
      : `compared with ${formatDay(previous.report_date)}`;
  const written = age < 60_000 ? 'written just now' : `written ${formatAge(age)} ago`;
  return h(
    'header',
    { class: 'top' },
    h('div', { class: 'brand' }, logo(), h('h1', {}, 'Sightline')),
    h(
      'p',
      { class: 'about' },
      h('strong', {}, formatDay(report.report_date)),
      h('span', {}, compared),
      h('span', { class: stale ? 'stale' : 'age', title: formatInstant(generatedAt) }, written),
    ),
    themeToggle(),
  );
}

function logo(): SVGSVGElement {
  return s(
    'svg',
    { class: 'logo', viewBox: '0 0 24 24', 'aria-hidden': 'true' },
    s('path', { d: 'M2 12C5 6.8 8.3 5 12 5s7 1.800 10 7c-3 5.200-6.300 7-10 7S5 17.200 2 12Z' }),
    s('circle', { cx: '12', cy: '12', r: '3.2' }),
  );
}

function themeToggle(): HTMLElement {
  const root = document.documentElement;
  const prefersDark = window.matchMedia('(prefers-color-scheme: dark)');
  const isDark = (): boolean =>
    (root.dataset['theme'] ?? (prefersDark.matches ? 'dark' : 'light')) === 'dark';
  const toggle = button('', { class: 'theme', 'aria-label': 'Dark theme' }, () => {
    const theme = isDark() ? 'light' : 'dark';
    root.dataset['theme'] = theme;
    remember(theme);
    show();
  });
  function show(): void {
    toggle.setAttribute('aria-pressed', String(isDark()));
    toggle.textContent = isDark() ? 'Light' : 'Dark';
  }
  const known = remembered();
  if (known === 'light' || known === 'dark') root.dataset['theme'] = known;
  prefersDark.addEventListener('change', show);
  show();
  return toggle;
}

/** Storage is closed to pages in some settings (third-party frames, file: in private windows): the choice then lasts as long as the page. */
function remember(theme: string): void {
  try {
    localStorage.setItem(THEME_KEY, theme);
  } catch {
    return;
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(THEME_KEY);
  } catch {
    return null;
  }
}

interface Card {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly detail: Child;
  readonly chart: Child;
}

function card({ id, label, value, detail, chart }: Card): HTMLElement {
  return h(
    'div',
    { class: 'card', 'data-card': id },
    h('div', { class: 'card-label' }, label),
    h('div', { class: 'card-value' }, value),
    h('div', { class: 'card-detail' }, detail),
    chart,
  );
}

/** More is worse: up is red, down is green, and both carry their sign. */
function change(now: number, before: number | null): HTMLElement {
  if (before === null) return h('span', { class: 'faint' }, 'first report');
  const difference = now - before;
  const kind = difference === 0 ? 'faint' : difference > 0 ? 'worse' : 'better';
  return h('span', { class: kind }, formatChange(difference), h('span', { class: 'faint' }, ' since'));
}

function severityCard(
  key: 'critical' | 'high',
  part: SightlinePart,
  trend: readonly ReportTrendPoint[],
): HTMLElement {
  const { severities, previous_severities: before } = part.totals;
  const label = key === 'critical' ? 'Critical' : 'High';
  return card({
    id: key,
    label,
    value: formatCount(severities[key]),
    detail: change(severities[key], before?.[key] ?? null),
    chart: sparkline(
      trend.map((point) => point.severities[key]),
      `spark-${key}`,
      label,
    ),
  });
}

function openBefore(before: ReportSeverities | null): number | null {
  return before === null ? null : totalOf(before);
}

function overdueCard(part: SightlinePart, trend: readonly ReportTrendPoint[]): HTMLElement {
  const { overdue_confirmed: confirmed, overdue_unverified: unverified } = part.totals;
  const before = part.trend.find((point) => point.date === part.previous?.report_date);
  const also = unverified === 0 ? '' : `, ${formatCount(unverified)} unverified`;
  return card({
    id: 'overdue',
    label: 'Overdue, confirmed',
    value: formatCount(confirmed),
    detail: h(
      'span',
      { title: 'Unverified: past its due date, but no complete run has looked since then.' },
      change(confirmed, before?.overdue ?? null),
      h('span', { class: 'faint' }, also),
    ),
    chart: sparkline(
      trend.map((point) => point.overdue),
      'spark-overdue',
      'Overdue',
    ),
  });
}

function freshCard(part: SightlinePart): HTMLElement {
  const all = part.freshness.length;
  const fresh = part.freshness.filter((one) => one.state === 'fresh').length;
  const others = (['failed', 'silent', 'late'] as const)
    .map((state) => ({ state, count: part.freshness.filter((one) => one.state === state).length }))
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `${formatCount(count)} ${state}`);
  const detail = all === 0 ? 'nothing scanned yet' : others.length === 0 ? 'all on time' : others.join(', ');
  return card({
    id: 'fresh',
    label: 'Fresh scopes',
    value: `${formatCount(fresh)}/${formatCount(all)}`,
    detail: h('span', { class: others.length === 0 ? 'faint' : 'warn' }, detail),
    chart: meter(fresh, all, 'fill-fixed', `${fresh} of ${all} scopes are fresh`),
  });
}

function fixedLately(trend: readonly ReportTrendPoint[]): number {
  const from = Date.parse(trend.at(-1)?.date ?? '') - 30 * DAY_MS;
  return trend.reduce((sum, point) => (Date.parse(point.date) > from ? sum + point.fixed : sum), 0);
}

export function cards(part: SightlinePart): HTMLElement {
  const { totals, previous } = part;
  const trend = part.trend.slice(-SPARK_POINTS);
  const since = previous === null ? '' : ` since ${formatDay(previous.report_date).replace(/ \d{4}$/, '')}`;
  const notDrift = [
    totals.reopened === 0 ? '' : `+${formatCount(totals.reopened)} reopened`,
    totals.baseline === 0 ? '' : `${formatCount(totals.baseline)} first scan`,
    totals.ruleset === 0 ? '' : `${formatCount(totals.ruleset)} new rules`,
  ].filter((text) => text !== '');
  return h(
    'section',
    { class: 'cards', 'aria-label': 'Totals' },
    card({
      id: 'open',
      label: 'Open',
      value: formatCount(totals.open),
      detail: change(totals.open, openBefore(totals.previous_severities)),
      chart: sparkline(
        trend.map((point) => point.open),
        'spark-open',
        'Open',
      ),
    }),
    severityCard('critical', part, trend),
    severityCard('high', part, trend),
    card({
      id: 'new',
      label: `New${since}`,
      value: formatCount(totals.new),
      detail: h(
        'span',
        {
          class: 'faint',
          title: 'New counts what began to fail. Findings of a first scan or of new rules are counted apart.',
        },
        notDrift.length === 0 ? 'nothing reopened' : notDrift.join(', '),
      ),
      chart: sparkbars(
        trend.map((point) => point.new),
        'spark-new',
        'New',
      ),
    }),
    card({
      id: 'fixed',
      label: `Fixed${since}`,
      value: formatCount(totals.fixed),
      detail: h('span', { class: 'faint' }, `${formatCount(fixedLately(part.trend))} in 30 days`),
      chart: sparkbars(
        trend.map((point) => point.fixed),
        'spark-fixed',
        'Fixed',
      ),
    }),
    overdueCard(part, trend),
    freshCard(part),
  );
}

/** What is decided or weighed rather than open, in one line. */
export function decisions(part: SightlinePart): HTMLElement {
  const { totals } = part;
  const item = (label: string, value: number): HTMLElement =>
    h('li', {}, h('span', { class: 'faint' }, label), ' ', h('strong', {}, formatCount(value)));
  return h(
    'ul',
    { class: 'decisions', 'aria-label': 'Decisions and risk' },
    item('Risk score', totals.risk_score),
    item('Accepted', totals.accepted),
    item('False positives', totals.false_positives),
    item('Muted', totals.muted),
  );
}

export function pageFooter(
  report: Report,
  jsonHref: string | null,
  link: (path: string, label: string) => Node,
): HTMLElement {
  const { collector, version, sequence, trend } = report.sightline;
  const days =
    trend.length === 0 ? 0 : (Date.parse(report.report_date) - Date.parse(trend[0]?.date ?? '')) / DAY_MS;
  return h(
    'footer',
    {},
    h('span', {}, `Sightline ${collector}, report version ${version}, sequence ${sequence}`),
    h('span', {}, `${formatCount(Math.round(days))} days of history`),
    jsonHref === null ? null : link(jsonHref, 'this report as JSON'),
  );
}
