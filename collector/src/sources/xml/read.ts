import { SaxesParser } from 'saxes';
import { ReportError } from '../../errors.ts';
import type { ReadOptions, ReportInput } from '../adapter.ts';

/** An element that was read whole, with everything in it. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Text and CDATA directly in it. */
  readonly text: string;
}

export interface XmlHandler {
  /** Names of elements that are handed out whole; everything else is only announced. */
  readonly whole: ReadonlySet<string>;
  /** Start of an element that is not handed out whole. `path` holds the names above it, outermost first. */
  open(name: string, attributes: Readonly<Record<string, string>>, path: readonly string[]): void;
  element(element: XmlElement, path: readonly string[]): void;
  /** Text of an element that is not handed out whole; for the few that stand alone (`<scanner>`). */
  close?(name: string, text: string, path: readonly string[]): void;
}

const CHUNK = 256 * 1024;
const MOST_DEPTH = 64;
/** Characters of one element that is read whole: nmap's longest host with all its scripts stays far below. */
const MOST_WHOLE = 32 * 1024 * 1024;
const MOST_TEXT = 64 * 1024;
/** What XML 1.0 has no place for; tools that print a server's answer write it all the same. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

interface Building {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly children: Building[];
  text: string;
}

/**
 * Reads a document piece by piece. Entities beyond XML's own five are an error, declared or not: nothing is fetched and
 * nothing expands. A document type without declarations is fine (many scanners write one).
 * @throws ReportError `truncated` where the document ends before its root does, `malformed`, `too_deep`, `too_large`
 */
export function readXml(input: ReportInput, options: ReadOptions, handler: XmlHandler): void {
  const parser = new SaxesParser<{ xmlns: false }>({ xmlns: false });
  const path: string[] = [];
  const building: Building[] = [];
  let roots = 0;
  let wholeSize = 0;
  let loose = '';

  const fail = (code: 'malformed' | 'too_deep' | 'too_large' | 'truncated', what: string): never => {
    throw new ReportError(
      code,
      `${input.name}: ${what} (line ${parser.line})`,
      code === 'truncated'
        ? 'The scan or the copy was cut off; run the scan again, or copy the whole file.'
        : 'Check that the file is the report as the scanner wrote it, not edited or mixed with other output.',
    );
  };
  const grow = (characters: number): void => {
    wholeSize += characters;
    if (wholeSize > MOST_WHOLE) fail('too_large', `an element of more than ${MOST_WHOLE} characters`);
  };
  const addText = (text: string): void => {
    const top = building.at(-1);
    if (top === undefined) {
      if (loose.length < MOST_TEXT) loose += text;
      return;
    }
    grow(text.length);
    top.text += text;
  };

  parser.on('error', (error) =>
    fail('malformed', `this is no XML: ${error.message.replace(/^\d+:\d+: /, '')}`),
  );
  parser.on('doctype', (doctype) => {
    if (/\[|<!ENTITY/i.test(doctype)) fail('malformed', 'it declares entities, which no scanner needs');
  });
  parser.on('opentag', ({ name, attributes }) => {
    if (path.length >= MOST_DEPTH) fail('too_deep', `more than ${MOST_DEPTH} elements inside one another`);
    const top = building.at(-1);
    if (top !== undefined || handler.whole.has(name)) {
      if (top === undefined) wholeSize = 0;
      const element: Building = { name, attributes, children: [], text: '' };
      for (const [key, value] of Object.entries(attributes)) grow(key.length + value.length);
      grow(100);
      top?.children.push(element);
      building.push(element);
    } else {
      handler.open(name, attributes, path);
      loose = '';
    }
    path.push(name);
  });
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', ({ name }) => {
    path.pop();
    if (path.length === 0) roots++;
    const done = building.pop();
    if (done === undefined) {
      handler.close?.(name, loose, path);
      loose = '';
    } else if (building.length === 0) handler.element(done, path);
  });

  for (const text of textOf(input, options)) parser.write(text.replace(FORBIDDEN, '\ufffd'));
  // Saxes reports what is missing as an error like any other; whoever asks should hear that the file was cut off.
  if (roots === 0) fail('truncated', 'the report ends in the middle');
  parser.close();
}

function* textOf(input: ReportInput, options: ReadOptions): Generator<string> {
  const chunk = Buffer.alloc(CHUNK);
  let decoder: TextDecoder | undefined;
  for (let position = 0; ;) {
    const read = input.readAt(chunk, position);
    if (read <= 0) break;
    position += read;
    const bytes = chunk.subarray(0, read);
    decoder ??= new TextDecoder(encodingOf(bytes));
    yield decoder.decode(bytes, { stream: true });
    options.onProgress?.(position);
  }
  const rest = decoder?.decode() ?? '';
  if (rest !== '') yield rest;
}

/** Of the byte order mark or the XML declaration; UTF-8 where neither names one that can be decoded. */
function encodingOf(start: Buffer): string {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  const declared = /^\s*<\?xml[^>]*\bencoding=["']([\w.-]{1,40})["']/i.exec(start.toString('latin1', 0, 200));
  const name = declared?.[1]?.toLowerCase() ?? 'utf-8';
  // Read as bytes so far, so it is no UTF-16, whatever it says.
  if (name.startsWith('utf-16')) return 'utf-8';
  try {
    return new TextDecoder(name).encoding;
  } catch {
    return 'utf-8';
  }
}

export function childrenNamed(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

export function childNamed(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((child) => child.name === name);
}

/** Text of the first child of that name, without white space around it; '' where there is none. */
export function childText(element: XmlElement, name: string): string {
  return childNamed(element, name)?.text.trim() ?? '';
}

/** An attribute, '' where it is missing. */
export function attribute(element: Pick<XmlElement, 'attributes'>, name: string): string {
  return Object.hasOwn(element.attributes, name) ? (element.attributes[name] ?? '').trim() : '';
}
