/// <reference lib="dom" />
import type { ReportSeverities } from '../../schema.ts';
import { h, s } from './dom.ts';
import { describeSeverities, formatCount, SEVERITY_KEYS, totalOf } from './format.ts';

const BAR_UNITS = 1000;

/** One stacked bar; `of` is the value that fills the whole width. */
export function severityBar(severities: ReportSeverities, of: number): SVGSVGElement {
  const bar = s('svg', {
    class: 'severity-bar',
    viewBox: `0 0 ${BAR_UNITS} 10`,
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-label': describeSeverities(severities),
  });
  bar.append(s('title', {}, describeSeverities(severities)));
  bar.append(s('rect', { class: 'track', x: '0', y: '0', width: String(BAR_UNITS), height: '10' }));
  let x = 0;
  for (const key of SEVERITY_KEYS) {
    const width = of === 0 ? 0 : (severities[key] / of) * BAR_UNITS;
    if (width === 0) continue;
    bar.append(
      s('rect', {
        class: `fill-${key}`,
        x: x.toFixed(2),
        y: '0',
        width: width.toFixed(2),
        height: '10',
      }),
    );
    x += width;
  }
  return bar;
}

/** The shape of a number over time, without axes: the card beside it says the number. */
export function sparkline(values: readonly number[], kind: string, label: string): SVGSVGElement {
  const width = 200;
  const height = 36;
  const top = Math.max(1, ...values);
  // Not from nought: it shows the course. A span of at least a fifth keeps noise from looking like a mountain.
  const bottom = Math.max(0, Math.min(...values, top * 0.8));
  const chart = s('svg', {
    class: `sparkline ${kind}`,
    viewBox: `0 0 ${width} ${height}`,
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-label': `${label}, last ${values.length} reports: from ${formatCount(values[0] ?? 0)} to ${formatCount(values.at(-1) ?? 0)}`,
  });
  if (values.length < 2) return chart;
  const step = width / (values.length - 1);
  const points = values.map(
    (value, index) =>
      `${(index * step).toFixed(2)},${(height - 6 - ((value - bottom) / (top - bottom)) * (height - 8)).toFixed(2)}`,
  );
  chart.append(
    s('path', { class: 'spark-area', d: `M0,${height} L${points.join(' L')} L${width},${height} Z` }),
    s('path', { class: 'spark-line', d: `M${points.join(' L')}` }),
  );
  return chart;
}

/** As `sparkline`, for flows: a bar for each report. */
export function sparkbars(values: readonly number[], kind: string, label: string): SVGSVGElement {
  const width = 200;
  const height = 36;
  const top = Math.max(1, ...values);
  const chart = s('svg', {
    class: `sparkline ${kind}`,
    viewBox: `0 0 ${width} ${height}`,
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-label': `${label} in each of the last ${values.length} reports, at most ${formatCount(Math.max(0, ...values))}`,
  });
  const step = width / Math.max(values.length, 1);
  values.forEach((value, index) => {
    if (value === 0) return;
    const size = Math.max(1, (value / top) * (height - 2));
    chart.append(
      s('rect', {
        class: 'spark-bar',
        x: (index * step + step * 0.15).toFixed(2),
        y: (height - size).toFixed(2),
        width: (step * 0.7).toFixed(2),
        height: size.toFixed(2),
      }),
    );
  });
  return chart;
}

/** A part of a whole. */
export function meter(value: number, of: number, kind: string, label: string): SVGSVGElement {
  const filled = of === 0 ? 0 : Math.min(1, value / of) * BAR_UNITS;
  return s(
    'svg',
    {
      class: 'severity-bar',
      viewBox: `0 0 ${BAR_UNITS} 10`,
      preserveAspectRatio: 'none',
      role: 'img',
      'aria-label': label,
    },
    s('rect', { class: 'track', x: '0', y: '0', width: String(BAR_UNITS), height: '10' }),
    s('rect', { class: kind, x: '0', y: '0', width: filled.toFixed(2), height: '10' }),
  );
}

export interface BarRow {
  readonly label: string;
  readonly hint: string;
  readonly severities: ReportSeverities;
  readonly onSelect: (() => void) | null;
}

/** Horizontal bars on one scale, in the order given. */
export function barList(rows: readonly BarRow[]): HTMLElement {
  const longest = Math.max(1, ...rows.map((row) => totalOf(row.severities)));
  const list = h('ul', { class: 'bars' });
  for (const row of rows) {
    const name =
      row.onSelect === null ? h('span', { class: 'bar-name', title: row.hint }, row.label) : selectable(row);
    list.append(
      h(
        'li',
        {},
        name,
        severityBar(row.severities, longest),
        h('span', { class: 'number' }, formatCount(totalOf(row.severities))),
      ),
    );
  }
  return list;
}

function selectable(row: BarRow): HTMLElement {
  const name = h('button', { type: 'button', class: 'bar-name link', title: row.hint }, row.label);
  name.addEventListener('click', () => row.onSelect?.());
  return name;
}

/** Round numbers from 0 to at least `top`, `wanted` of them or a few more. */
export function niceTicks(top: number, wanted: number): number[] {
  const rough = Math.max(top, 1) / wanted;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(
    1,
    ([1, 2, 2.5, 5, 10].find((factor) => factor * magnitude >= rough) ?? 10) * magnitude,
  );
  const ticks: number[] = [0];
  while ((ticks.at(-1) ?? 0) < top) ticks.push(ticks.length * step);
  return ticks;
}
