import type { FindingClass } from '../../findings/model.ts';
import { firstOf } from '../common/values.ts';
import { marked } from '../secrets/mark.ts';
import type { SarifResult } from './schema.ts';

/** Names of partial fingerprints that say who and when, not what. */
const NO_FINGERPRINT = /commit|email|author|date|^line/i;
const HASH = /^[0-9a-f]{8,128}(?::\d+)?$/i;

export interface Keys {
  /** What tells results of one rule in one file apart, and stays the same when lines move. */
  readonly key: string;
  /** What it was in `sarif/1`; null where that is the same. */
  readonly former: string | null;
}

/** @param kind of what was found: of vulnerabilities the message names versions */
export function keysOf(result: SarifResult, kind: FindingClass, snippet: string, message: string): Keys {
  const former = keyOf(result, snippet, message);
  const key = keyOf(result, snippet, lasting(message, kind));
  return { key, former: key === former ? null : former };
}

/** Lines of Trivy's messages that change while the problem is the same. */
const PASSING = /^(?:Installed Version|Fixed Version|Severity|Status|Link):.*$/gm;

/** Without what an update, a better version or another opinion of how bad it is changes: else each would be one fixed and one new. */
function lasting(message: string, kind: FindingClass): string {
  if (/^(?:Package|Artifact): /.test(message)) return message.replace(PASSING, '');
  if (kind !== 'vulnerability') return message;
  // Grype: "… reports openssl at version 3.1.0", "A high vulnerability in deb package: openssl, version 3.1.0 was found".
  return message
    .replace(/\bversion:? +\S+/gi, 'version')
    .replace(/^An? \w+ vulnerability/, 'A vulnerability');
}

function keyOf(result: SarifResult, snippet: string, message: string): string {
  for (const prints of [result.fingerprints, result.partialFingerprints]) {
    for (const [name, value] of Object.entries(prints).sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (typeof value === 'string' && HASH.test(value) && !NO_FINGERPRINT.test(name)) return value;
    }
  }
  // Never the snippet itself: of a scanner for secrets it is one. Without a rule the message says what was found.
  const text = marked(firstOf(snippet, message));
  return result.ruleId === '' && result.rule === undefined ? `${text} ${marked(message)}` : text;
}
