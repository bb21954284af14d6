export { bufferInput, fileInput } from './basic.ts';
export { expandPaths, type ExpandOptions, type FoundPath } from './expand.ts';
export { DEFAULT_LIMITS, type InputLimits } from './limits.ts';
export { openInput, openStream, type OpenOptions } from './open.ts';
export { closeReport, openReports, type OpenedReport, type OpenReportsOptions } from './reports.ts';
