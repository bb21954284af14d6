import {
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { COLOUR } from './colours.ts';

/** Absolute counts have no thresholds: what is many differs from estate to estate. Ratios have. */

type Step = readonly [from: number | null, colour: string];

export function thresholds(...steps: readonly Step[]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps(steps.map(([value, color]): Threshold => ({ value, color })));
}

/** Pass rate and coverage. */
export const RATIO = thresholds([null, COLOUR.bad], [0.8, COLOUR.warning], [0.95, COLOUR.good]);

/** What nobody should have: any of it is bad. */
export const NONE_WANTED = thresholds([null, COLOUR.good], [1, COLOUR.bad]);

/** One colour, whatever the value. */
export function plain(colour: string): ThresholdsConfigBuilder {
  return thresholds([null, colour]);
}
