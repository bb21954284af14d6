import type { Redaction } from '../secrets/json.ts';
import { withoutSecrets } from '../secrets/text.ts';

/** Fields that hold what somebody typed or sent. */
const FREE_TEXT = /cmdline|args|env|buffer|data|url|uri|req|resp|name$/i;

export const redaction: Redaction = (key, parent) => {
  if (key === 'output') return withoutSecrets;
  return parent === 'output_fields' && FREE_TEXT.test(key) ? withoutSecrets : null;
};
