import type { ReportInput } from '../adapter.ts';
import { withoutAddressSecrets } from '../common/web.ts';
import { headOf } from '../input/head.ts';
import { redactJson, type Redaction } from '../secrets/json.ts';
import { emptyElements } from '../secrets/xml.ts';

/**
 * What was sent and answered: sessions, passwords, people's data. Nothing of it is needed. The names are those of the XML report; the
 * JSON report writes `request-header` (ZAP's template traditional-json-plus).
 */
const TRAFFIC = [
  'requestheader',
  'requestbody',
  'responseheader',
  'responsebody',
  'evidence',
  'attack',
  'otherinfo',
];
const JSON_TRAFFIC: ReadonlySet<string> = new Set([
  ...TRAFFIC,
  'request-header',
  'request-body',
  'response-header',
  'response-body',
  // Of a script that signed in.
  'screenshot',
]);

const nothing = (): string => '';

const jsonRedaction: Redaction = (key, parent) => {
  if (JSON_TRAFFIC.has(key)) return nothing;
  if (key === 'message' && parent === 'outputs') return nothing;
  return key === 'uri' ? withoutAddressSecrets : null;
};

/** An address as XML has it: a number sign may be part of a character's code (`&#39;`). */
function withoutQuery(address: string): string {
  return address.replace(/(?:\?|(?<!&)#).*$/s, '').replace(/(:\/\/)[^/@\s]*@/, '$1');
}

/** The report without requests, answers, and the values in its addresses. @throws ReportError */
export function withoutTraffic(input: ReportInput): Promise<ReportInput> {
  return headOf(input).startsWith('<')
    ? emptyElements(input, TRAFFIC, { uri: withoutQuery })
    : redactJson(input, jsonRedaction);
}
