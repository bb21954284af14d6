/// <reference lib="dom" />
import type { ReportTrendPoint } from '../../schema.ts';
import { niceTicks } from './charts.ts';
import { s } from './dom.ts';
import {
  DAY_MS,
  formatCompact,
  formatMonth,
  formatShortDay,
  SEVERITY_KEYS,
  type SeverityKey,
} from './format.ts';

const AREA_HEIGHT = 230;
const BARS_HEIGHT = 76;
export const PLOT_TOP = 8;
const MARGIN = { left: 46, right: 10, top: PLOT_TOP, gap: 20, axis: 22 };
export const PLOT_BOTTOM = MARGIN.top + AREA_HEIGHT + MARGIN.gap + BARS_HEIGHT;
export const PLOT_HEIGHT = PLOT_BOTTOM + MARGIN.axis;

/** Where things are in the drawing, in pixels. */
export interface Scales {
  readonly width: number;
  readonly x: (point: ReportTrendPoint) => number;
  readonly areaY: (value: number) => number;
  readonly barY: (value: number) => number;
  readonly areaTicks: readonly number[];
  readonly zero: number;
}

interface Flow {
  readonly x: number;
  readonly width: number;
  readonly opened: number;
  readonly fixed: number;
}

function shown(point: ReportTrendPoint, hidden: ReadonlySet<SeverityKey>): number {
  return SEVERITY_KEYS.reduce((sum, key) => sum + (hidden.has(key) ? 0 : point.severities[key]), 0);
}

function scalesOf(
  points: readonly ReportTrendPoint[],
  hidden: ReadonlySet<SeverityKey>,
  flows: readonly Flow[],
  width: number,
): Scales {
  const [from, to] = timeSpan(points);
  const areaTicks = niceTicks(Math.max(1, ...points.map((point) => shown(point, hidden))), 5);
  const top = areaTicks.at(-1) ?? 1;
  const up = Math.max(0, ...flows.map((flow) => flow.opened));
  const down = Math.max(0, ...flows.map((flow) => flow.fixed));
  const perUnit = BARS_HEIGHT / Math.max(1, up + down);
  const zero = MARGIN.top + AREA_HEIGHT + MARGIN.gap + (up + down === 0 ? BARS_HEIGHT / 2 : up * perUnit);
  return {
    width,
    x: (point) => position(Date.parse(point.date), from, to, width),
    areaY: (value) => MARGIN.top + AREA_HEIGHT * (1 - value / top),
    barY: (value) => zero - value * perUnit,
    areaTicks,
    zero,
  };
}

function timeSpan(points: readonly ReportTrendPoint[]): [from: number, to: number] {
  return [Date.parse(points[0]?.date ?? ''), Date.parse(points.at(-1)?.date ?? '')];
}

function position(at: number, from: number, to: number, width: number): number {
  return MARGIN.left + ((at - from) / Math.max(to - from, 1)) * (width - MARGIN.left - MARGIN.right);
}

/** New and fixed per day, or per few days where a day would be thinner than three pixels. */
function flowsOf(points: readonly ReportTrendPoint[], width: number): Flow[] {
  const [from, to] = timeSpan(points);
  const inner = width - MARGIN.left - MARGIN.right;
  const dayWidth = inner / Math.max(1, (to - from) / DAY_MS);
  const perBar = Math.max(1, Math.ceil(3 / dayWidth));
  const sums = new Map<number, { opened: number; fixed: number }>();
  for (const point of points) {
    const bucket = Math.floor((to - Date.parse(point.date)) / DAY_MS / perBar);
    const sum = sums.get(bucket) ?? { opened: 0, fixed: 0 };
    sum.opened += point.new;
    sum.fixed += point.fixed;
    sums.set(bucket, sum);
  }
  const barWidth = Math.min(18, Math.max(1.5, dayWidth * perBar * 0.72));
  return [...sums].map(([bucket, sum]) => {
    const middle = to - (bucket * perBar + (perBar - 1) / 2) * DAY_MS;
    return { x: position(middle, from, to, width) - barWidth / 2, width: barWidth, ...sum };
  });
}

function drawGrid(chart: SVGSVGElement, scales: Scales): void {
  for (const tick of scales.areaTicks) {
    const y = scales.areaY(tick).toFixed(1);
    const right = String(scales.width - MARGIN.right);
    chart.append(
      s('line', { class: 'grid', x1: String(MARGIN.left), x2: right, y1: y, y2: y }),
      s('text', { class: 'axis end', x: String(MARGIN.left - 8), y, dy: '0.32em' }, formatCompact(tick)),
    );
  }
}

function drawDates(chart: SVGSVGElement, points: readonly ReportTrendPoint[], scales: Scales): void {
  const y = String(PLOT_BOTTOM + 16);
  const wanted = Math.min(points.length, Math.max(2, Math.floor(scales.width / 120)));
  const [from, to] = timeSpan(points);
  const label = to - from > 300 * DAY_MS ? formatMonth : formatShortDay;
  for (let i = 0; i < wanted; i += 1) {
    const point = points[Math.round((i * (points.length - 1)) / (wanted - 1))];
    if (point === undefined) continue;
    const end = i === 0 ? 'axis start' : i === wanted - 1 ? 'axis end' : 'axis middle';
    chart.append(s('text', { class: end, x: scales.x(point).toFixed(1), y }, label(point.date)));
  }
}

function drawAreas(
  chart: SVGSVGElement,
  points: readonly ReportTrendPoint[],
  hidden: ReadonlySet<SeverityKey>,
  scales: Scales,
): void {
  let below = points.map(() => 0);
  for (const key of SEVERITY_KEYS) {
    if (hidden.has(key)) continue;
    const above = points.map((point, i) => (below[i] ?? 0) + point.severities[key]);
    const upper = points.map((point, i) => at(scales.x(point), scales.areaY(above[i] ?? 0)));
    const lower = points.map((point, i) => at(scales.x(point), scales.areaY(below[i] ?? 0))).reverse();
    chart.append(s('path', { class: `area fill-${key}`, d: `M${upper.join('L')}L${lower.join('L')}Z` }));
    below = above;
  }
}

function at(x: number, y: number): string {
  return `${x.toFixed(1)},${y.toFixed(1)}`;
}

function drawFlows(chart: SVGSVGElement, flows: readonly Flow[], scales: Scales): void {
  const middle = MARGIN.top + AREA_HEIGHT + MARGIN.gap + BARS_HEIGHT / 2;
  chart.append(
    s('text', { class: 'axis end', x: String(MARGIN.left - 8), y: String(middle - 3) }, 'new'),
    s('text', { class: 'axis end', x: String(MARGIN.left - 8), y: String(middle + 11) }, 'fixed'),
  );
  for (const flow of flows) {
    chart.append(flowBar('fill-new', flow, scales.barY(flow.opened), scales.zero));
    chart.append(flowBar('fill-fixed', flow, scales.zero, scales.barY(-flow.fixed)));
  }
  const y = scales.zero.toFixed(1);
  chart.append(
    s('line', {
      class: 'zero',
      x1: String(MARGIN.left),
      x2: String(scales.width - MARGIN.right),
      y1: y,
      y2: y,
    }),
  );
}

function flowBar(kind: string, flow: Flow, top: number, bottom: number): SVGRectElement {
  return s('rect', {
    class: kind,
    x: flow.x.toFixed(1),
    y: top.toFixed(1),
    width: flow.width.toFixed(1),
    height: Math.max(0, bottom - top).toFixed(1),
  });
}

/** Areas above, flows below, for a width in pixels. */
export function drawTrend(
  points: readonly ReportTrendPoint[],
  hidden: ReadonlySet<SeverityKey>,
  width: number,
): { chart: SVGSVGElement; scales: Scales } {
  const flows = flowsOf(points, width);
  const scales = scalesOf(points, hidden, flows, width);
  const chart = s('svg', { width: String(width), height: String(PLOT_HEIGHT), 'aria-hidden': 'true' });
  drawGrid(chart, scales);
  drawAreas(chart, points, hidden, scales);
  drawFlows(chart, flows, scales);
  drawDates(chart, points, scales);
  return { chart, scales };
}
