import type { ColumnChunk, Encoding, ParquetType } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { writeRleBitPackedHybrid } from 'hyparquet-writer/src/encoding.js';
import { PARQUET_CODEC, parquetCompressors } from './compression.ts';
import type { Distinct } from './distinct.ts';

/** How a column lies in the file. */
export interface ChunkColumn {
  readonly name: string;
  readonly type: ParquetType;
  readonly required: boolean;
  /** Values one after the other as Parquet's PLAIN encoding has them; none is null. */
  readonly plain: (values: readonly unknown[]) => Uint8Array;
}

/** A frame of either codec is larger than what it saves below this, and making one takes longer than all the rest. */
const WORTH_COMPRESSING_BYTES = 96;

/** With fewer rows per distinct value, places are so irregular that texts beside each other compress better than they do. */
const ROWS_PER_VALUE = 8;

const NONE = new Uint8Array(0);

/**
 * Writes one column of one row group: its distinct values as a dictionary and one page of places in it, or, where most
 * rows have a value of their own, one page of values. hyparquet-writer could do that too; it works on values instead of
 * on places, which takes five times as long for 60 columns of 100,000 rows.
 */
export function writeColumnChunk(writer: ByteWriter, column: ChunkColumn, distinct: Distinct): ColumnChunk {
  const start = writer.offset;
  const { values } = distinct;
  const places = distinct.rows;
  const nullPlace = values.indexOf(null);
  const nulls = nullPlace < 0 ? 0 : places.reduce((count, place) => count + (place === nullPlace ? 1 : 0), 0);
  if (nulls > 0 && column.required) throw new TypeError(`a row has no ${column.name}`);

  const present = nulls === 0 ? places : withoutNulls(places, nullPlace);
  const known = nullPlace < 0 ? values : values.filter((value) => value !== null);
  const byDictionary = known.length > 0 && known.length * ROWS_PER_VALUE <= present.length;
  const dictionary = byDictionary ? column.plain(known) : NONE;
  const page = byDictionary ? placesPage(present, known.length) : column.plain(rowsOf(present, known));
  const levels = column.required ? NONE : levelsOf(places, nulls, nullPlace);
  const compressing = dictionary.length + page.length >= WORTH_COMPRESSING_BYTES;
  const pack = compressing ? parquetCompressors[PARQUET_CODEC] : (bytes: Uint8Array): Uint8Array => bytes;

  const encodings: Encoding[] = byDictionary ? ['PLAIN', 'RLE_DICTIONARY'] : ['PLAIN'];
  let headers = 0;
  let dictionaryOffset: bigint | undefined;
  if (byDictionary) {
    dictionaryOffset = BigInt(writer.offset);
    headers += writeDictionary(writer, dictionary, pack(dictionary), known.length);
  }
  const pageOffset = BigInt(writer.offset);
  const packed = pack(page);
  writePageHeader(writer, {
    type: 'DATA_PAGE_V2',
    uncompressed_page_size: levels.length + page.length,
    compressed_page_size: levels.length + packed.length,
    data_page_header_v2: {
      num_values: places.length,
      num_nulls: nulls,
      num_rows: places.length,
      encoding: byDictionary ? 'RLE_DICTIONARY' : 'PLAIN',
      definition_levels_byte_length: levels.length,
      repetition_levels_byte_length: 0,
      is_compressed: compressing,
    },
  });
  headers += writer.offset - Number(pageOffset);
  writer.appendBytes(levels);
  writer.appendBytes(packed);
  return {
    file_offset: BigInt(start),
    meta_data: {
      type: column.type,
      encodings,
      path_in_schema: [column.name],
      codec: compressing ? PARQUET_CODEC : 'UNCOMPRESSED',
      num_values: BigInt(places.length),
      total_compressed_size: BigInt(writer.offset - start),
      total_uncompressed_size: BigInt(headers + dictionary.length + levels.length + page.length),
      data_page_offset: pageOffset,
      ...(dictionaryOffset === undefined ? {} : { dictionary_page_offset: dictionaryOffset }),
    },
  };
}

/** @returns bytes of the header */
function writeDictionary(writer: ByteWriter, plain: Uint8Array, packed: Uint8Array, count: number): number {
  const start = writer.offset;
  writePageHeader(writer, {
    type: 'DICTIONARY_PAGE',
    uncompressed_page_size: plain.length,
    compressed_page_size: packed.length,
    dictionary_page_header: { num_values: count, encoding: 'PLAIN' },
  });
  const header = writer.offset - start;
  writer.appendBytes(packed);
  return header;
}

/** Places of the rows that have a value, as if null were not among the values. */
function withoutNulls(places: Int32Array, nullPlace: number): Int32Array {
  return places
    .filter((place) => place !== nullPlace)
    .map((place) => (place > nullPlace ? place - 1 : place));
}

function rowsOf(places: Int32Array, values: readonly unknown[]): unknown[] {
  return Array.from(places, (place) => values[place]);
}

function placesPage(places: Int32Array, count: number): Uint8Array {
  const width = count <= 1 ? 0 : 32 - Math.clz32(count - 1);
  const page = new ByteWriter(places.length >> 2);
  page.appendUint8(width);
  writeRleBitPackedHybrid(page, places, width);
  return page.getBytes();
}

/** Which rows have a value: 1 where they do. */
function levelsOf(places: Int32Array, nulls: number, nullPlace: number): Uint8Array {
  const levels = new ByteWriter(16);
  const constant = nulls === 0 || nulls === places.length;
  const level = nulls === 0 ? 1 : 0;
  writeRleBitPackedHybrid(
    levels,
    constant
      ? new Uint8Array(places.length).fill(level)
      : Uint8Array.from(places, (place) => (place === nullPlace ? 0 : 1)),
    1,
  );
  return levels.getBytes();
}
