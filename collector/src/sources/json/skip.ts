import { ReportError } from '../../errors.ts';
import * as B from './bytes.ts';
import { overSpaces, overText } from './scan.ts';
import type { ByteWindow } from './window.ts';

export function tooDeep(w: ByteWindow, maxDepth: number): ReportError {
  return new ReportError(
    'too_deep',
    `${w.name}: more than ${maxDepth} objects or arrays inside one another`,
    'No scanner writes that; check where the file comes from.',
    w.base + w.pos,
  );
}

/**
 * Passes over the object or array that the window is at. `stack` has room for one more than the depth allowed; above
 * `bottom` it is used for the brackets that are open. Most of the time of reading a large report is spent here.
 */
export function skipContainer(w: ByteWindow, stack: Uint8Array, bottom: number): void {
  const classOf = B.CLASS_OF;
  const maxDepth = stack.length - 1;
  let depth = bottom;
  let buffer = w.buffer;
  let view = w.view;
  let length = w.length;
  let p = w.pos;
  for (;;) {
    if (p >= length) {
      p = w.more(p);
      buffer = w.buffer;
      view = w.view;
      length = w.length;
      continue;
    }
    const byte = buffer[p] ?? 0;
    switch (classOf[byte] ?? B.FOREIGN) {
      case B.PLAIN:
        p++;
        break;
      case B.IS_SPACE:
        p = overSpaces(view, p + 1, length);
        break;
      case B.IS_QUOTE:
        p++;
        for (;;) {
          p = overText(view, p, length);
          while (p < length && buffer[p] !== B.QUOTE && buffer[p] !== B.BACKSLASH) p++;
          if (p >= length) {
            p = w.more(p);
            buffer = w.buffer;
            view = w.view;
            length = w.length;
            continue;
          }
          if (buffer[p] === B.QUOTE) break;
          p += 2; // may pass the window's end by one; more() carries that over
        }
        p++;
        break;
      case B.IS_OPEN:
        if (depth >= maxDepth) {
          w.pos = p;
          throw tooDeep(w, maxDepth);
        }
        stack[++depth] = byte;
        p++;
        break;
      case B.IS_CLOSE:
        // The closing bracket's code is the opening one's plus 2, for both kinds.
        if ((stack[depth] ?? 0) + 2 !== byte) {
          w.pos = p;
          throw w.malformed(`${B.showByte(byte)} closes what it did not open`);
        }
        p++;
        if (--depth === bottom) {
          w.pos = p;
          return;
        }
        break;
      default:
        w.pos = p;
        throw w.malformed(`${B.showByte(byte)} outside a string`);
    }
  }
}

/** Passes over the string whose opening quote the window is at. */
export function skipString(w: ByteWindow): void {
  let p = w.pos + 1;
  for (;;) {
    p = overText(w.view, p, w.length);
    while (p < w.length && w.buffer[p] !== B.QUOTE && w.buffer[p] !== B.BACKSLASH) p++;
    if (p >= w.length) {
      p = w.more(p);
      continue;
    }
    if (w.buffer[p] === B.QUOTE) break;
    p += 2;
  }
  w.pos = p + 1;
}
