import type { Redaction } from '../secrets/json.ts';
import { withoutSecrets } from '../secrets/text.ts';

/** Fields that hold what somebody typed or sent. */
const FREE_TEXT = /cmdline|exeline|arg|info|env|buffer|data|url|uri|req|resp|name$/i;

export const redaction: Redaction = (key, parent) => {
  if (key === 'output') return withoutSecrets;
  return parent === 'output_fields' && FREE_TEXT.test(key) ? withoutSecrets : null;
};

/**
 * Whether the redaction would change the event, at the price of a look at its texts: for events that come by the thousand in a second.
 * True also where that can't be told at a glance.
 */
export function mayHoldSecrets(event: object): boolean {
  return Object.entries(event).some(([key, value]: [string, unknown]) => {
    if (typeof value === 'string') return key === 'output' && withoutSecrets(value) !== value;
    if (key === 'output_fields' && typeof value === 'object' && value !== null) return fieldsMay(value);
    if (key === 'tags' && Array.isArray(value)) return value.some((tag) => typeof tag !== 'string');
    // Falco has no others, and an output may be in them.
    return typeof value === 'object' && value !== null;
  });
}

function fieldsMay(fields: object): boolean {
  return Object.entries(fields).some(([key, value]: [string, unknown]) => {
    if (typeof value !== 'string') return typeof value === 'object' && value !== null;
    return (key === 'output' || FREE_TEXT.test(key)) && withoutSecrets(value) !== value;
  });
}
