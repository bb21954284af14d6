import type { ReportInput } from '../adapter.ts';
import { JsonCursor } from '../json/cursor.ts';

export type JsonShape = 'ocsf' | 'asff' | 'native3' | 'native2';

/** `shape` is undefined for `[]`, which Prowler writes when nothing was checked. */
export type Format = { readonly kind: 'json'; readonly shape: JsonShape | undefined } | CsvFormat;

export interface CsvFormat {
  readonly kind: 'csv';
  readonly version2: boolean;
  readonly delimiter: string;
}

const HEAD_BYTES = 64 * 1024;

/** The first 64 KiB as text, without byte order mark and leading white space. */
export function headOf(input: ReportInput): string {
  const bytes = Buffer.alloc(HEAD_BYTES);
  let filled = 0;
  while (filled < HEAD_BYTES) {
    const read = input.readAt(bytes.subarray(filled), filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes
    .toString('utf8', 0, filled)
    .replace(/^\uFEFF/, '')
    .trimStart();
}

/** Which of Prowler's formats this is the start of; undefined where it is none. */
export function formatOf(head: string): Format | undefined {
  if (head.startsWith('[') || head.startsWith('{')) return jsonFormatOf(head);
  return csvFormatOf(head);
}

function csvFormatOf(head: string): CsvFormat | undefined {
  const line = head.slice(0, lineEnd(head));
  const delimiter = [';', ',', '\t'].find((character) => line.split(character).length > 5);
  if (delimiter === undefined) return undefined;
  const columns = new Set(columnsOf(line.split(delimiter)));
  if (columns.has('ACCOUNT_NUM') && columns.has('CHECK_RESULT') && columns.has('TITLE_TEXT')) {
    return { kind: 'csv', version2: true, delimiter };
  }
  // The files of compliance frameworks that Prowler writes beside its report have CHECKID instead.
  const uid = columns.has('FINDING_UID') || columns.has('FINDING_UNIQUE_ID');
  if (!uid || !columns.has('CHECK_ID') || !columns.has('STATUS')) return undefined;
  return { kind: 'csv', version2: false, delimiter };
}

function lineEnd(text: string): number {
  const end = text.search(/[\r\n]/);
  return end < 0 ? text.length : end;
}

/** Prowler 3 wrote its column names in lower case at first. */
export function columnsOf(header: readonly string[]): string[] {
  return header.map((name) => name.replace(/^"|"$/g, '').trim().toUpperCase());
}

function jsonFormatOf(head: string): Format | undefined {
  const bytes = Buffer.from(head);
  const input: ReportInput = {
    name: 'the start of the report',
    size: bytes.length,
    readAt: (target, position) => bytes.copy(target, 0, position),
    close: () => undefined,
  };
  const evidence = new Set<string>();
  try {
    const cursor = new JsonCursor(input, { windowBytes: HEAD_BYTES });
    if (cursor.kind() === 'array') {
      cursor.enterArray();
      if (!cursor.nextElement()) return cursor.atEnd() ? { kind: 'json', shape: undefined } : undefined;
    }
    const shape = shapeOf(cursor, evidence);
    return shape === undefined ? undefined : { kind: 'json', shape };
  } catch {
    // The head ends inside the first element, or it is no JSON: what was seen until then decides.
    const shape = nativeShape(evidence);
    return shape === undefined ? undefined : { kind: 'json', shape };
  }
}

/** Judges by the first element alone; the reader finds out about the others. */
function shapeOf(cursor: JsonCursor, evidence: Set<string>): JsonShape | undefined {
  cursor.enterObject();
  for (let key = cursor.nextKey(); key !== null; key = cursor.nextKey()) {
    switch (key) {
      case 'metadata':
        return productOf(cursor) === 'prowler' ? 'ocsf' : undefined;
      case 'ProductFields':
        if (textOf(cursor, 'ProviderName').toLowerCase() === 'prowler') return 'asff';
        break;
      case 'ProductArn':
        if (isProwlerArn(cursor.text() ?? '')) return 'asff';
        break;
      case 'GeneratorId':
        if ((cursor.text() ?? '').startsWith('prowler-')) return 'asff';
        break;
      default:
        evidence.add(key);
        cursor.skip();
    }
  }
  return nativeShape(evidence);
}

export function isProwlerArn(arn: string): boolean {
  return arn.includes(':product/prowler/prowler');
}

function nativeShape(evidence: ReadonlySet<string>): JsonShape | undefined {
  if (evidence.has('FindingUniqueId') && evidence.has('CheckID')) return 'native3';
  if (evidence.has('Control') && evidence.has('Account Number')) return 'native2';
  return undefined;
}

function productOf(metadata: JsonCursor): string {
  if (metadata.kind() !== 'object') return '';
  metadata.enterObject();
  for (let key = metadata.nextKey(); key !== null; key = metadata.nextKey()) {
    if (key === 'product') return textOf(metadata, 'name').toLowerCase();
    metadata.skip();
  }
  return '';
}

/** The text under `wanted` in the object that the cursor stands at; the object is consumed. */
function textOf(cursor: JsonCursor, wanted: string): string {
  let found = '';
  if (cursor.kind() !== 'object') {
    cursor.skip();
    return found;
  }
  cursor.enterObject();
  for (let key = cursor.nextKey(); key !== null; key = cursor.nextKey()) {
    if (key === wanted) found = cursor.text() ?? '';
    else cursor.skip();
  }
  return found;
}
