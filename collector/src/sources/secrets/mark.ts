import { createHmac } from 'node:crypto';

/** Characters of a secret that are shown, of those that are long enough: the part that says what kind it is (`ghp_`, `AKIA`). */
const SHOWN = 4;
const LONG = 12;
/**
 * So many hexadecimal digits of the hash are kept: enough to tell the secrets of one file apart, too few to find a secret by
 * trying: a list of ten million passwords still leaves several for each.
 */
const HASH_DIGITS = 5;
const SALT = 'sightline secret mark 1';
const MARK = /^\[redacted .{0,12}#[0-9a-f]{5}\]$/s;

/**
 * What stands for a secret wherever it was: `[redacted ghp_… #3fa91]`. The same secret gives the same mark, so that it can be told
 * apart from others in the same place; a mark stays as it is.
 */
export function secretMark(secret: string): string {
  if (secret === '' || MARK.test(secret)) return secret;
  const digest = createHmac('sha256', SALT).update(secret).digest('hex').slice(0, HASH_DIGITS);
  const shown = secret.length < LONG ? '' : secret.slice(0, SHOWN).replace(/[^\w-]/g, '*');
  return `[redacted ${shown}… #${digest}]`;
}
