import { rounded } from './results.ts';

/** How something grows: a value per size. Sizes that were not measured are left out. */
export interface Line {
  readonly name: string;
  readonly unit: string;
  /** Where it should stay below. */
  readonly goal: number;
  readonly points: readonly { readonly size: number; readonly value: number }[];
}

const WIDTH = 230;
const HEIGHT = 190;
const LEFT = 12;
const TOP = 46;
const PLOT = { width: WIDTH - 2 * LEFT, height: 104 };

/** Small charts beside each other, all with size from left to right, both axes logarithmic; the dashed line is the goal. */
export function growthSvg(lines: readonly Line[], sizeNames: ReadonlyMap<number, string>): string {
  const charts = lines.map((line, index) => chart(line, sizeNames, index));
  const width = WIDTH * lines.length;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${HEIGHT}" width="${width}" height="${HEIGHT}" role="img" aria-label="${lines.map(({ name }) => name).join(', ')} by open findings">
<style>
  text { font: 11px system-ui, sans-serif; fill: #57606a }
  .name { font-weight: 600; fill: #1f2328 }
  .line { fill: none; stroke: #0969da; stroke-width: 2 }
  .point { fill: #0969da }
  .goal { stroke: #9a6700; stroke-dasharray: 4 3 }
  .axis { stroke: #d0d7de }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1 }
    .name { fill: #f0f6fc }
    .line { stroke: #4493f8 }
    .point { fill: #4493f8 }
    .goal { stroke: #d29922 }
    .axis { stroke: #3d444d }
  }
</style>
${charts.join('\n')}
</svg>
`;
}

function chart(
  { name, unit, goal, points }: Line,
  sizeNames: ReadonlyMap<number, string>,
  index: number,
): string {
  const sizes = [...sizeNames.keys()];
  const values = [goal, ...points.map(({ value }) => value)].filter((value) => value > 0);
  const x = scale(Math.min(...sizes), Math.max(...sizes), LEFT + 14, LEFT + PLOT.width - 14);
  // Room above and below, so that a value that hardly changes is a level line and no slope.
  const y = scale(Math.min(...values) / 2, Math.max(...values) * 2, TOP + PLOT.height, TOP);
  const places = points.map(({ size, value }) => ({ x: x(size), y: y(value), text: rounded(value) }));
  const parts = [
    `<text class="name" x="${LEFT}" y="16">${name}</text>`,
    `<text x="${LEFT}" y="31">${unit}, goal at 1M: ${rounded(goal)}</text>`,
    `<line class="axis" x1="${LEFT}" x2="${LEFT + PLOT.width}" y1="${TOP + PLOT.height}" y2="${TOP + PLOT.height}"/>`,
    `<line class="goal" x1="${LEFT}" x2="${LEFT + PLOT.width}" y1="${fixed(y(goal))}" y2="${fixed(y(goal))}"/>`,
    `<polyline class="line" points="${places.map((place) => `${fixed(place.x)},${fixed(place.y)}`).join(' ')}"/>`,
    ...places.map(
      (place) =>
        `<circle class="point" cx="${fixed(place.x)}" cy="${fixed(place.y)}" r="3"/><text text-anchor="middle" x="${fixed(place.x)}" y="${fixed(place.y - 7)}">${place.text}</text>`,
    ),
    ...[...sizeNames].map(
      ([size, text]) =>
        `<text text-anchor="middle" x="${fixed(x(size))}" y="${TOP + PLOT.height + 16}">${text}</text>`,
    ),
  ];
  return `<g transform="translate(${index * WIDTH} 0)">${parts.join('')}</g>`;
}

function scale(low: number, high: number, from: number, to: number): (value: number) => number {
  const [a, b] = [Math.log(low), Math.log(high)];
  return (value) => (a === b ? (from + to) / 2 : from + ((Math.log(value) - a) / (b - a)) * (to - from));
}

const fixed = (value: number): string => value.toFixed(1);
