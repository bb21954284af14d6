/** The sample estate: twelve weeks of an invented company, as reports in the shapes of the real tools. */
export type { SampleOptions, SampleReport } from './model.ts';
export { DEFAULT_SEED, sampleReports, truncatedReport } from './reports.ts';
export {
  SAMPLE_END,
  sampleSettings,
  sampleSettingsFor,
  type SampleVerdict,
  sampleVerdicts,
} from './settings.ts';
export { PLACES as SAMPLE_PLACES } from './scans/places.ts';
export { ACCOUNTS as SAMPLE_ACCOUNTS, TENANT as SAMPLE_TENANT } from './accounts.ts';
export { PINS as SAMPLE_PINS, STORY as SAMPLE_STORY, WEEKS as SAMPLE_WEEKS } from './story.ts';
