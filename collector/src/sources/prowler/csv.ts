import { pipeline } from 'node:stream/promises';
import { CsvError, parse, type Info } from 'csv-parse';
import { ReportError } from '../../errors.ts';
import type { ScopeReport } from '../../findings/model.ts';
import type { ReadOptions, ReportInput } from '../adapter.ts';
import { Collector } from './collect.ts';
import { rowOfCurrent, rowOfVersion2, textsOfCurrent, textsOfVersion2, type Columns } from './csv-row.ts';
import { columnsOf, type CsvFormat } from './detect.ts';

const CHUNK = 256 * 1024;
const MAX_RECORD = 16 * 1024 * 1024;

interface Parsed {
  readonly record: string[];
  readonly info: Info;
}

/** Driven by the header: which columns there are differs between versions and providers. */
export async function readCsv(
  input: ReportInput,
  options: ReadOptions,
  format: CsvFormat,
): Promise<readonly ScopeReport[]> {
  const table = new Table(input.name, format);
  const parser = parse({
    delimiter: format.delimiter,
    bom: true,
    info: true,
    skip_empty_lines: true,
    max_record_size: MAX_RECORD,
    // Prowler 2 does not quote, and writes The "root" account; its rows may end with one comma too many.
    relax_quotes: true,
    // Lengths are judged by Table, which knows the last row.
    relax_column_count: true,
  });
  try {
    await pipeline(chunksOf(input, options), parser, async (records: AsyncIterable<Parsed>) => {
      for await (const { record, info } of records) table.row(record, info);
    });
  } catch (error) {
    throw error instanceof CsvError ? ofCsvError(input.name, error) : error;
  }
  return table.end(endsLine(input));
}

function* chunksOf(input: ReportInput, options: ReadOptions): Generator<Buffer> {
  for (let position = 0; ;) {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const read = input.readAt(chunk, position);
    if (read === 0) return;
    position += read;
    yield chunk.subarray(0, read);
    options.onProgress?.(position);
  }
}

function endsLine(input: ReportInput): boolean {
  const last = Buffer.alloc(1);
  return input.readAt(last, Math.max(0, input.size - 1)) === 1 && (last[0] === 0x0a || last[0] === 0x0d);
}

class Table {
  readonly #name: string;
  readonly #version2: boolean;
  readonly #collector = new Collector();
  #columns: Columns | undefined;
  #width = 0;
  #rows = 0;
  #short: { readonly line: number; readonly bytes: number } | undefined;
  #record: readonly string[] = [];

  constructor(name: string, format: CsvFormat) {
    this.#name = name;
    this.#version2 = format.version2;
  }

  row(record: readonly string[], info: Info): void {
    if (this.#columns === undefined) {
      this.#columns = new Map(columnsOf(record).map((column, index) => [column, index]));
      this.#width = record.length;
      return;
    }
    this.#refuseShort();
    this.#rows++;
    if (record.length < this.#width) {
      this.#short = { line: info.lines, bytes: info.bytes };
      return;
    }
    if (record.slice(this.#width).some((field) => field !== '')) {
      throw this.#wrong('malformed', info, `has ${record.length} fields where the header has ${this.#width}`);
    }
    this.#record = record;
    const made = this.#version2 ? rowOfVersion2(record, this.#columns) : rowOfCurrent(record, this.#columns);
    if (typeof made === 'string') throw this.#wrong('wrong_shape', info, made);
    this.#collector.add(made, this.#texts);
  }

  /** A header without rows is a clean report, unless it is cut off itself. */
  end(lineEnded: boolean): readonly ScopeReport[] {
    if (this.#short !== undefined || (this.#rows === 0 && !lineEnded)) {
      throw new ReportError(
        'truncated',
        `${this.#name}: the last line ends before its last column`,
        'The file was cut off, on the way or because the scan died. Copy it again or scan again.',
        this.#short?.bytes,
      );
    }
    return this.#collector.reports();
  }

  readonly #texts = () => {
    const columns = this.#columns ?? new Map<string, number>();
    return this.#version2 ? textsOfVersion2(this.#record, columns) : textsOfCurrent(this.#record, columns);
  };

  /** A short row is a cut-off file only if it is the last. */
  #refuseShort(): void {
    if (this.#short === undefined) return;
    throw new ReportError(
      'malformed',
      `${this.#name}: the row that ends in line ${this.#short.line} has fewer fields than the header`,
      'Give the file as Prowler wrote it; a spreadsheet may have changed its quotes or delimiters.',
      this.#short.bytes,
    );
  }

  #wrong(code: 'malformed' | 'wrong_shape', info: Info, problem: string): ReportError {
    return new ReportError(
      code,
      `${this.#name}: row ${this.#rows} (which ends in line ${info.lines}) ${problem}`,
      'Give the file as Prowler wrote it; a spreadsheet may have changed its quotes or delimiters.',
      info.bytes,
    );
  }
}

function ofCsvError(name: string, error: CsvError): ReportError {
  if (error.code === 'CSV_QUOTE_NOT_CLOSED') {
    return new ReportError(
      'truncated',
      `${name}: the file ends inside a quoted field`,
      'The file was cut off, on the way or because the scan died. Copy it again or scan again.',
    );
  }
  if (error.code === 'CSV_MAX_RECORD_SIZE') {
    return new ReportError(
      'too_large',
      `${name}: a row is longer than ${MAX_RECORD} bytes`,
      'Prowler writes no such rows; a quote that is never closed makes one.',
    );
  }
  return new ReportError(
    'malformed',
    `${name}: this is no readable CSV: ${error.message}`,
    'Give the file as Prowler wrote it; a spreadsheet may have changed its quotes or delimiters.',
  );
}
