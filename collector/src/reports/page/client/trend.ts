/// <reference lib="dom" />
import type { ReportTrendPoint } from '../../schema.ts';
import { button, emptyState, h, keepingFocus, panel, s } from './dom.ts';
import { DAY_MS, formatCount, formatDay, SEVERITY_KEYS, type SeverityKey } from './format.ts';
import { drawTrend, PLOT_BOTTOM, PLOT_TOP, type Scales } from './trend-drawing.ts';

const RANGES = [
  { label: '30 d', days: 30 },
  { label: '90 d', days: 90 },
  { label: 'All', days: Number.POSITIVE_INFINITY },
];

interface TrendState {
  days: number;
  hidden: Set<SeverityKey>;
  focused: number | null;
}

function within(trend: readonly ReportTrendPoint[], days: number): readonly ReportTrendPoint[] {
  const last = trend.at(-1);
  if (last === undefined) return [];
  const from = Date.parse(last.date) - days * DAY_MS;
  return trend.filter((point) => Date.parse(point.date) > from);
}

function sentenceOf(point: ReportTrendPoint): string {
  const parts = SEVERITY_KEYS.map((key) => `${key} ${formatCount(point.severities[key])}`);
  return `${formatDay(point.date)}: open ${formatCount(point.open)}, ${parts.join(', ')}, new ${formatCount(point.new)}, fixed ${formatCount(point.fixed)}, overdue ${formatCount(point.overdue)}`;
}

function tooltipOf(point: ReportTrendPoint): HTMLElement {
  const row = (label: string, value: number, kind: string | null): HTMLElement =>
    h(
      'div',
      { class: 'tip-row' },
      h('span', { class: kind === null ? 'dot none' : `dot dot-${kind}` }),
      h('span', {}, label),
      h('span', { class: 'number' }, formatCount(value)),
    );
  return h(
    'div',
    { class: 'tip-body' },
    h('div', { class: 'tip-title' }, formatDay(point.date)),
    row('open', point.open, null),
    ...SEVERITY_KEYS.map((key) => row(key, point.severities[key], key)),
    h('hr'),
    row('new', point.new, 'new'),
    row('fixed', point.fixed, 'fixed'),
    row('overdue', point.overdue, null),
  );
}

/** Open findings over time with what was new and fixed, with values under the pointer and for the arrow keys. */
export function trendPanel(trend: readonly ReportTrendPoint[]): HTMLElement {
  if (trend.length < 2) {
    const sentence =
      trend.length === 0
        ? 'No history yet: it begins with the first report. Read one with '
        : 'One report so far: the line begins with the next one. Read one with ';
    return panel('trend', 'Open findings over time', emptyState(sentence, 'sightline ingest <file>'));
  }
  const state: TrendState = { days: Number.POSITIVE_INFINITY, hidden: new Set(), focused: null };
  const plot = h('div', {
    class: 'plot',
    tabindex: '0',
    role: 'group',
    'aria-label': 'Open findings over time. The left and right arrow keys move from report to report.',
  });
  const tip = h('div', { class: 'tip', hidden: '' });
  const live = h('p', { class: 'visually-hidden', 'aria-live': 'polite' });
  const ranges = h('div', { class: 'segmented', role: 'group', 'aria-label': 'Period' });
  const legend = h('div', { class: 'legend', role: 'group', 'aria-label': 'Severities shown' });
  let points: readonly ReportTrendPoint[] = [];
  let scales: Scales | null = null;
  let cursor: SVGLineElement | null = null;

  function draw(): void {
    const width = Math.max(240, plot.clientWidth);
    points = within(trend, state.days);
    const drawn = drawTrend(points, state.hidden, width);
    scales = drawn.scales;
    cursor = s('line', {
      class: 'cursor',
      y1: String(PLOT_TOP),
      y2: String(PLOT_BOTTOM),
      visibility: 'hidden',
    });
    drawn.chart.append(cursor);
    plot.replaceChildren(drawn.chart, tip);
    focus(null);
  }

  function focus(index: number | null): void {
    state.focused = index;
    const point = index === null ? undefined : points[index];
    tip.hidden = point === undefined;
    cursor?.setAttribute('visibility', point === undefined ? 'hidden' : 'visible');
    if (point === undefined || scales === null) return;
    const x = scales.x(point);
    cursor?.setAttribute('x1', x.toFixed(1));
    cursor?.setAttribute('x2', x.toFixed(1));
    tip.replaceChildren(tooltipOf(point));
    const left = x + tip.offsetWidth + 24 > scales.width ? x - tip.offsetWidth - 12 : x + 12;
    tip.style.transform = `translate(${Math.max(0, left).toFixed(0)}px, ${PLOT_TOP}px)`;
  }

  function nearest(clientX: number): number {
    const x = clientX - plot.getBoundingClientRect().left;
    let best = 0;
    let distance = Number.POSITIVE_INFINITY;
    points.forEach((point, index) => {
      const d = Math.abs((scales?.x(point) ?? 0) - x);
      if (d < distance) [best, distance] = [index, d];
    });
    return best;
  }

  function onKey(event: KeyboardEvent): void {
    const last = points.length - 1;
    const from = state.focused ?? last + (event.key === 'ArrowLeft' ? 1 : 0);
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last }[event.key];
    if (event.key === 'Escape') focus(null);
    if (to === undefined) return;
    event.preventDefault();
    focus(Math.min(last, Math.max(0, to)));
    const point = points[state.focused ?? last];
    live.textContent = point === undefined ? '' : sentenceOf(point);
  }

  function drawControls(): void {
    ranges.replaceChildren(
      ...RANGES.map(({ label, days }) =>
        button(label, { 'aria-pressed': String(state.days === days), 'data-key': `range:${label}` }, () => {
          state.days = days;
          keep();
        }),
      ),
    );
    legend.replaceChildren(...SEVERITY_KEYS.map(legendButton), staticKey('new'), staticKey('fixed'));
  }

  function legendButton(key: SeverityKey): HTMLElement {
    const shows = !state.hidden.has(key);
    const item = button(
      '',
      { class: 'key', 'aria-pressed': String(shows), 'data-key': `legend:${key}` },
      () => {
        if (shows) state.hidden.add(key);
        else state.hidden.delete(key);
        keep();
      },
    );
    item.replaceChildren(h('span', { class: `dot dot-${key}` }), document.createTextNode(key));
    return item;
  }

  function staticKey(kind: string): HTMLElement {
    return h('span', { class: 'key' }, h('span', { class: `dot dot-${kind}` }), kind);
  }

  function keep(): void {
    keepingFocus(drawControls);
    draw();
  }

  plot.addEventListener('pointermove', (event) => focus(nearest(event.clientX)));
  plot.addEventListener('pointerleave', () => focus(null));
  plot.addEventListener('blur', () => focus(null));
  plot.addEventListener('keydown', onKey);
  let drawnWidth = 0;
  new ResizeObserver(() => {
    if (plot.clientWidth === drawnWidth) return;
    drawnWidth = plot.clientWidth;
    draw();
  }).observe(plot);
  drawControls();
  return panel(
    'trend',
    'Open findings over time',
    h('div', { class: 'controls' }, legend, ranges),
    plot,
    live,
  );
}
