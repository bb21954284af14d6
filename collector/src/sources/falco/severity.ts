import type { Severity } from '../../findings/severity.ts';

/** As Falco's own forwarder and OCSF read the priorities of syslog. */
export const SEVERITY_OF: ReadonlyMap<string, Severity> = new Map([
  ['debug', 'INFORMATIONAL'],
  ['informational', 'INFORMATIONAL'],
  ['info', 'INFORMATIONAL'],
  ['notice', 'LOW'],
  ['warning', 'MEDIUM'],
  ['error', 'HIGH'],
  ['critical', 'CRITICAL'],
  ['alert', 'CRITICAL'],
  ['emergency', 'CRITICAL'],
]);
