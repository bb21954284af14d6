import type { Rating } from '../common/values.ts';
import { rated } from '../common/values.ts';
import type { Severity } from '../../findings/severity.ts';

const SEVERITY_OF: Readonly<Record<string, Severity>> = {
  ERROR: 'HIGH',
  SECURITY_WARNING: 'HIGH',
  WARNING: 'LOW',
  SUGGESTION: 'INFORMATIONAL',
};

/** Access Analyzer's own words for what is wrong with a policy. */
export function ratingOfCheck(type: string): Rating | undefined {
  const severity = Object.hasOwn(SEVERITY_OF, type) ? SEVERITY_OF[type] : undefined;
  return severity === undefined ? undefined : rated(severity, type);
}
