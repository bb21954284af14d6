import { PanelBuilder as BarChart } from '@grafana/grafana-foundation-sdk/barchart';
import { PanelBuilder as BarGauge } from '@grafana/grafana-foundation-sdk/bargauge';
import {
  BarGaugeDisplayMode,
  BarGaugeNamePlacement,
  BarGaugeSizing,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphDrawStyle,
  GraphGradientMode,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  PercentChangeColorMode,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTextDisplayOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { FieldColorBuilder, FieldColorModeId, type Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as Logs } from '@grafana/grafana-foundation-sdk/logs';
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as StateTimeline } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as Text, TextMode } from '@grafana/grafana-foundation-sdk/text';
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries';
import type { AnyPanel } from './board.ts';
import { severitySeries, STATE_COLOURS } from './colours.ts';
import { DATASOURCE, PLUGIN_ID } from './names.ts';
import type { Target } from './query.ts';
import { plain, RATIO } from './thresholds.ts';

/** Panels of each kind, as all dashboards have them. What is special about one is said where it is used. */

export interface About {
  readonly title: string;
  /** What it shows and how to read it. */
  readonly says: string;
  /** What is shown in place of nothing: which source would fill it. */
  readonly empty?: string;
}

interface Common {
  title(title: string): unknown;
  description(text: string): unknown;
  datasource(ref: typeof DATASOURCE): unknown;
  noValue(text: string): unknown;
  withTarget(target: Target): unknown;
}

export function dressed<P extends Common>(
  panel: P,
  { title, says, empty }: About,
  targets: readonly Target[],
): P {
  panel.title(title);
  panel.description(says);
  panel.datasource(DATASOURCE);
  if (empty !== undefined) panel.noValue(empty);
  for (const target of targets) panel.withTarget(target);
  return panel;
}

const legend = (placement: LegendPlacement, ...calcs: string[]): VizLegendOptionsBuilder =>
  new VizLegendOptionsBuilder()
    .displayMode(calcs.length > 0 ? LegendDisplayMode.Table : LegendDisplayMode.List)
    .placement(placement)
    .showLegend(true)
    .calcs(calcs);

const allSeries = (): VizTooltipOptionsBuilder =>
  new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending);

export const LAST = new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false);
export const SUM = new ReduceDataOptionsBuilder().calcs(['sum']).fields('').values(false);
const EVERY_ROW = new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(true).limit(25);

/** A number with its past and its change of the last 30 days; less is better. */
export function stat(about: About, colour: string, ...targets: Target[]): Stat {
  return figure(
    { ...about, says: `${about.says} Curve and change are of the last 30 days.` },
    colour,
    ...targets,
  )
    .timeFrom('30d')
    .hideTimeOverride(true)
    .showPercentChange(true)
    .percentChangeColorMode(PercentChangeColorMode.Inverted);
}

/** A number, with its past where it has one. */
export function figure(about: About, colour: string, ...targets: Target[]): Stat {
  return dressed(new Stat(), about, targets)
    .graphMode(BigValueGraphMode.Area)
    .colorMode(BigValueColorMode.Value)
    .textMode(BigValueTextMode.Value)
    .wideLayout(true)
    .reduceOptions(LAST)
    .text(new VizTextDisplayOptionsBuilder().valueSize(34).percentSize(14))
    .thresholds(plain(colour))
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds));
}

/** Lines over time. */
export function lines(about: About, ...targets: Target[]): TimeSeries {
  return dressed(new TimeSeries(), about, targets)
    .lineWidth(2)
    .fillOpacity(0)
    .lineInterpolation(LineInterpolation.Linear)
    .showPoints(VisibilityMode.Never)
    .spanNulls(false)
    .axisSoftMin(0)
    .legend(legend(LegendPlacement.Bottom))
    .tooltip(allSeries())
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName));
}

/** Counts that add up, one on the other. */
export function stacked(about: About, ...targets: Target[]): TimeSeries {
  return lines(about, ...targets)
    .lineWidth(1)
    .fillOpacity(55)
    .gradientMode(GraphGradientMode.None)
    .lineInterpolation(LineInterpolation.StepAfter)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
}

/** How many passed in each interval. */
export function stackedBars(about: About, ...targets: Target[]): TimeSeries {
  return lines(about, ...targets)
    .drawStyle(GraphDrawStyle.Bars)
    .lineWidth(0)
    .fillOpacity(85)
    .barMaxWidth(40)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
}

export function bySeverity(panel: TimeSeries): TimeSeries {
  for (const [name, properties] of severitySeries()) panel.overrideByName(name, properties);
  return panel;
}

/** A bar per row. */
export function bars(about: About, ...targets: Target[]): BarGauge {
  return dressed(new BarGauge(), about, targets)
    .displayMode(BarGaugeDisplayMode.Basic)
    .orientation(VizOrientation.Horizontal)
    .namePlacement(BarGaugeNamePlacement.Auto)
    .showUnfilled(true)
    .sizing(BarGaugeSizing.Manual)
    .minVizHeight(18)
    .maxVizHeight(32)
    .text(new VizTextDisplayOptionsBuilder().titleSize(14).valueSize(16))
    .reduceOptions(EVERY_ROW)
    .min(0);
}

/** Without what nobody knows the rate of. */
export function passRates(about: About, ...targets: Target[]): BarGauge {
  return bars(about, ...targets)
    .max(1)
    .thresholds(RATIO)
    .unit('percentunit')
    .decimals(0)
    .withTransformation({
      id: 'filterByValue',
      options: {
        type: 'include',
        match: 'all',
        filters: [{ fieldName: 'Pass rate', config: { id: 'isNotNull', options: {} } }],
      },
    });
}

/** Bars by the values of a column, one series on the other. */
export function categories(about: About, by: string, ...targets: Target[]): BarChart {
  const panel = dressed(new BarChart(), about, targets)
    .xField(by)
    .orientation(VizOrientation.Vertical)
    .stacking(StackingMode.Normal)
    .showValue(VisibilityMode.Never)
    .barWidth(0.8)
    .xTickLabelRotation(-45)
    .xTickLabelMaxLength(12)
    .fillOpacity(85)
    .lineWidth(0)
    .legend(legend(LegendPlacement.Bottom))
    .tooltip(allSeries());
  for (const [name, properties] of severitySeries()) panel.overrideByName(name, properties);
  return panel;
}

export function timeline(about: About, ...targets: Target[]): StateTimeline {
  return dressed(new StateTimeline(), about, targets)
    .showValue(VisibilityMode.Never)
    .mergeValues(true)
    .rowHeight(0.8)
    .fillOpacity(80)
    .lineWidth(0)
    .perPage(40)
    .mappings(STATE_COLOURS)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(false)
        .displayMode(LegendDisplayMode.Hidden)
        .placement(LegendPlacement.Bottom)
        .calcs([]),
    );
}

export function logLines(about: About, ...targets: Target[]): Logs {
  return dressed(new Logs(), about, targets).showTime(true).wrapLogMessage(true).enableLogDetails(true);
}

export function text(title: string, content: string): AnyPanel {
  return new Text().title(title).mode(TextMode.Markdown).content(content);
}

/** The SDK has no builder of it. */
export function flameGraph({ title, says, empty }: About, target: Target): AnyPanel {
  const panel: Panel = {
    type: 'flamegraph',
    title,
    description: says,
    datasource: { ...DATASOURCE, type: PLUGIN_ID },
    targets: [target.build()],
    fieldConfig: { defaults: empty === undefined ? {} : { noValue: empty }, overrides: [] },
    options: {},
  };
  return {
    id: (id) => (panel.id = id),
    gridPos: (place) => (panel.gridPos = place),
    build: () => panel,
  };
}
