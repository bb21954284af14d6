import type { DynamicConfigValue, ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard';
import { MappingType } from '@grafana/grafana-foundation-sdk/dashboard';

/** Readable on the light and on the dark theme, and apart for people who don't see red and green apart. */
export const COLOUR = {
  critical: '#C4162A',
  high: '#FF7F2A',
  medium: '#F2C037',
  low: '#5794F2',
  informational: '#8E96A6',
  good: '#56A64B',
  warning: '#F2A33A',
  bad: '#E02F44',
  neutral: '#5B8FD9',
  muted: '#8E96A6',
  new: '#E0483C',
  reopened: '#FF9830',
  onboarding: '#8AB8FF',
  ruleset: '#B877D9',
  decided: '#8E96A6',
} as const;

export const SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL'] as const;
export type Severity = (typeof SEVERITIES)[number];

const OF_SEVERITY: Readonly<Record<Severity, string>> = {
  CRITICAL: COLOUR.critical,
  HIGH: COLOUR.high,
  MEDIUM: COLOUR.medium,
  LOW: COLOUR.low,
  INFORMATIONAL: COLOUR.informational,
};

/** How a scope stands, and how a run ended. */
const OF_STATE = {
  fresh: COLOUR.good,
  complete: COLOUR.good,
  late: COLOUR.warning,
  partial: COLOUR.warning,
  failed: COLOUR.bad,
  silent: '#6E3B8F',
  never: COLOUR.muted,
} as const;

const OF_STATUS = {
  open: COLOUR.bad,
  fixed: COLOUR.good,
  retired: COLOUR.muted,
  accepted: COLOUR.neutral,
  false_positive: COLOUR.muted,
  muted: COLOUR.muted,
} as const;

export function fixedColour(colour: string): DynamicConfigValue {
  return { id: 'color', value: { mode: 'fixed', fixedColor: colour } };
}

/** A colour per value, as text; for cells and state timelines. */
function colours(of: Readonly<Record<string, string>>): ValueMapping[] {
  const options: Record<string, { color: string; index: number; text: string }> = {};
  for (const [index, [value, color]] of Object.entries(of).entries())
    options[value] = { color, index, text: value };
  return [{ type: MappingType.ValueToText, options }];
}

export const SEVERITY_COLOURS = colours(OF_SEVERITY);
export const STATE_COLOURS = colours(OF_STATE);
export const STATUS_COLOURS = colours(OF_STATUS);

/** Of series that are called by their severity: `critical`. */
export function severitySeries(): readonly (readonly [name: string, properties: DynamicConfigValue[]])[] {
  return SEVERITIES.map((severity) => [severity.toLowerCase(), [fixedColour(OF_SEVERITY[severity])]]);
}
