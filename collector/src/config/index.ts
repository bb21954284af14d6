export type { AccessConfig } from './access.ts';
export { beginOf, endOf } from './dates.ts';
export { DEFAULTS } from './defaults.ts';
export { DEFAULT_CONFIG_FILE, loadConfig, type LoadedConfig } from './load.ts';
export { configJsonSchema } from './reference.ts';
export { settingsFrom } from './settings.ts';
export { isLoopback } from './loopback.ts';
