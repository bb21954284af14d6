import { CsvError, type Info, parse } from 'csv-parse';
import { pipeline } from 'node:stream/promises';
import { ReportError } from '../../errors.ts';
import type { ReadOptions, ReportInput } from '../adapter.ts';

/** Values of a row by column, as the header writes it. */
export type CsvRow = ReadonlyMap<string, string>;

const CHUNK = 256 * 1024;
const MOST_RECORD = 16 * 1024 * 1024;
const HINT = 'Give the file as it was exported; a spreadsheet may have changed its quotes or delimiters.';

/** The delimiter and columns of a header line; null where the text is no CSV of several columns. */
export function headerOf(
  head: string,
): { readonly delimiter: string; readonly columns: readonly string[] } | null {
  const line = /^[^\r\n]*/.exec(head)?.[0] ?? '';
  const delimiter = [',', ';', '\t'].find((one) => line.split(one).length > 2);
  if (delimiter === undefined) return null;
  return { delimiter, columns: line.split(delimiter).map((name) => name.trim().replace(/^"|"$/g, '')) };
}

/** @throws ReportError `truncated`, `malformed`, `too_large` */
export async function readRows(
  input: ReportInput,
  options: ReadOptions,
  delimiter: string,
  onRow: (row: CsvRow, line: number) => void,
): Promise<void> {
  let columns: readonly string[] | undefined;
  let short: number | undefined;
  const parser = parse({
    delimiter,
    bom: true,
    info: true,
    skip_empty_lines: true,
    max_record_size: MOST_RECORD,
    relax_column_count: true,
  });
  try {
    await pipeline(
      chunksOf(input, options),
      parser,
      async (records: AsyncIterable<{ record: string[]; info: Info }>) => {
        for await (const { record, info } of records) {
          if (columns === undefined) {
            columns = record.map((name) => name.trim());
            continue;
          }
          if (short !== undefined || record.length > columns.length)
            throw uneven(input.name, short ?? info.lines);
          // Only the last row may be short: the file was cut off there.
          if (record.length < columns.length) short = info.lines;
          else onRow(new Map(columns.map((name, index) => [name, (record[index] ?? '').trim()])), info.lines);
        }
      },
    );
  } catch (error) {
    throw error instanceof CsvError ? ofCsvError(input.name, error) : error;
  }
  if (short !== undefined || columns === undefined) throw truncated(input.name);
}

function* chunksOf(input: ReportInput, options: ReadOptions): Generator<Buffer> {
  for (let position = 0; ;) {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const read = input.readAt(chunk, position);
    if (read <= 0) return;
    position += read;
    yield chunk.subarray(0, read);
    options.onProgress?.(position);
  }
}

function uneven(name: string, line: number): ReportError {
  return new ReportError(
    'malformed',
    `${name}: the row in line ${line} has not as many fields as the header`,
    HINT,
  );
}

function truncated(name: string): ReportError {
  return new ReportError(
    'truncated',
    `${name}: the last line ends before its last column`,
    'The file was cut off, on the way or because the export died. Copy it again or export it again.',
  );
}

function ofCsvError(name: string, error: CsvError): ReportError {
  if (error.code === 'CSV_QUOTE_NOT_CLOSED') return truncated(name);
  const code = error.code === 'CSV_MAX_RECORD_SIZE' ? 'too_large' : 'malformed';
  return new ReportError(code, `${name}: this is no readable CSV: ${error.message}`, HINT);
}
