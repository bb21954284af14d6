/** The bytes of JSON that the cursor looks for, and what each byte may be outside a string. */
export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const MINUS = 0x2d;
export const ZERO = 0x30;
export const NINE = 0x39;
export const COLON = 0x3a;
export const OPEN_BRACKET = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;

/** Classes of bytes outside strings. */
export const PLAIN = 0;
export const IS_QUOTE = 1;
export const IS_OPEN = 2;
export const IS_CLOSE = 3;
export const FOREIGN = 4;
export const IS_SPACE = 5;

/**
 * Class of each byte outside strings. PLAIN is white space, separators, and what numbers and the words
 * true, false, null, NaN and Infinity are made of; anything else is no JSON.
 */
export const CLASS_OF: Uint8Array = (() => {
  const table = new Uint8Array(256).fill(FOREIGN);
  for (const character of ' \t\r\n,:+-.0123456789eEtrufalsnNIity') table[character.charCodeAt(0)] = PLAIN;
  table[SPACE] = IS_SPACE;
  table[LF] = IS_SPACE;
  table[QUOTE] = IS_QUOTE;
  table[OPEN_BRACE] = IS_OPEN;
  table[OPEN_BRACKET] = IS_OPEN;
  table[CLOSE_BRACE] = IS_CLOSE;
  table[CLOSE_BRACKET] = IS_CLOSE;
  return table;
})();

const WORD_BYTES: Uint8Array = (() => {
  const table = new Uint8Array(256);
  for (const character of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.') {
    table[character.charCodeAt(0)] = 1;
  }
  return table;
})();

/** Whether the byte would make a longer word or number of what stands before it. */
export function isWordByte(byte: number | undefined): boolean {
  return byte !== undefined && WORD_BYTES[byte] === 1;
}

/** A byte for messages: `"x"`, or `0x00` where it can't be printed. */
export function showByte(byte: number | undefined): string {
  if (byte === undefined) return 'the end';
  if (byte > SPACE && byte < 0x7f) return `"${String.fromCharCode(byte)}"`;
  return `0x${byte.toString(16).padStart(2, '0')}`;
}
