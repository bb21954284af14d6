import type { ColumnChunk, Encoding } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { writeRleBitPackedHybrid } from 'hyparquet-writer/src/encoding.js';
import { PARQUET_CODEC, parquetCompressors } from '../compression.ts';
import type { Distinct } from '../distinct.ts';
import { plainTexts } from '../plain.ts';

/**
 * What `writeColumnChunk` does not write: lists, pairs and flags. A list or a set of pairs is looked at once, however many
 * rows have it: what is written per row is copied from there.
 */

interface Leaf {
  readonly path: readonly string[];
  readonly type: 'BYTE_ARRAY' | 'BOOLEAN';
  /** Of the last level: how many of its ancestors are repeated or optional. */
  readonly definition: number;
  readonly repetition: number;
  readonly rows: number;
}

/** Elements of lists, in a leaf of their own. */
export function writeList(writer: ByteWriter, name: string, required: boolean, lists: Distinct): ColumnChunk {
  const elements = lists.values.map((list) => (Array.isArray(list) ? list.map(String) : null));
  return writeRepeated(writer, [name, 'list', 'element'], required, lists.rows, elements);
}

/** Names and values of pairs, in two leaves. */
export function writePairs(
  writer: ByteWriter,
  name: string,
  required: boolean,
  records: Distinct,
): ColumnChunk[] {
  const entries = records.values.map((record) =>
    typeof record === 'object' && record !== null ? Object.entries(record) : null,
  );
  return (['key', 'value'] as const).map((part, index) =>
    writeRepeated(
      writer,
      [name, 'key_value', part],
      required,
      records.rows,
      entries.map((pairs) => pairs?.map((pair) => String(pair[index])) ?? null),
    ),
  );
}

/** Booleans: Parquet has no dictionaries of them. */
export function writeFlags(
  writer: ByteWriter,
  name: string,
  required: boolean,
  flags: Distinct,
): ColumnChunk {
  const values = Array.from(flags.rows, (place) => flags.values[place]);
  const present = values.filter((value) => value !== null);
  if (required && present.length < values.length) throw new TypeError(`a row has no ${name}`);
  const page = Buffer.alloc(Math.ceil(present.length / 8));
  present.forEach((value, row) => {
    if (value === true) page[row >> 3] = (page[row >> 3] ?? 0) | (1 << (row & 7));
  });
  return writeLeaf(
    writer,
    {
      path: [name],
      type: 'BOOLEAN',
      definition: required ? 0 : 1,
      repetition: 0,
      rows: values.length,
    },
    {
      repetitions: new Uint8Array(0),
      definitions: Uint8Array.from(values, (value) => (value === null ? 0 : 1)),
      values: values.length,
      nulls: values.length - present.length,
    },
    { encoding: 'PLAIN', page, dictionary: null, count: 0 },
  );
}

/** @param lists elements of each distinct list, null for none; `rows` says which of them a row has */
function writeRepeated(
  writer: ByteWriter,
  path: readonly string[],
  required: boolean,
  rows: Int32Array,
  lists: readonly (readonly string[] | null)[],
): ColumnChunk {
  const known = new Map<string, number>();
  const places = lists.map((list) => list?.map((text) => placeIn(known, text)) ?? null);
  let slots = 0;
  let count = 0;
  for (const row of rows) {
    const length = places[row]?.length ?? 0;
    slots += Math.max(length, 1);
    count += length;
  }
  const repetitions = new Uint8Array(slots);
  const definitions = new Uint8Array(slots);
  const present = new Int32Array(count);
  const full = required ? 1 : 2;
  let slot = 0;
  let at = 0;
  for (const row of rows) {
    const list = places[row] ?? null;
    if (list === null && required) throw new TypeError(`a row has no ${path[0] ?? ''}`);
    if (list === null || list.length === 0) {
      definitions[slot++] = list === null ? 0 : full - 1;
      continue;
    }
    for (const [index, place] of list.entries()) {
      repetitions[slot] = index === 0 ? 0 : 1;
      definitions[slot++] = full;
      present[at++] = place;
    }
  }
  const width = known.size <= 1 ? 0 : 32 - Math.clz32(known.size - 1);
  const page = new ByteWriter((count >> 2) + 16);
  page.appendUint8(width);
  writeRleBitPackedHybrid(page, present, width);
  return writeLeaf(
    writer,
    { path, type: 'BYTE_ARRAY', definition: full, repetition: 1, rows: rows.length },
    { repetitions, definitions, values: slots, nulls: slots - count },
    {
      encoding: 'RLE_DICTIONARY',
      page: page.getBytes(),
      dictionary: plainTexts([...known.keys()]),
      count: known.size,
    },
  );
}

function placeIn(known: Map<string, number>, text: string): number {
  const place = known.get(text) ?? known.size;
  known.set(text, place);
  return place;
}

interface Levels {
  readonly repetitions: Uint8Array;
  readonly definitions: Uint8Array;
  readonly values: number;
  readonly nulls: number;
}

interface Content {
  readonly encoding: Encoding;
  readonly page: Uint8Array;
  readonly dictionary: Uint8Array | null;
  /** Of the dictionary. */
  readonly count: number;
}

function writeLeaf(writer: ByteWriter, leaf: Leaf, levels: Levels, content: Content): ColumnChunk {
  const pack = parquetCompressors[PARQUET_CODEC];
  const start = writer.offset;
  let headers = 0;
  const { dictionary, page, encoding } = content;
  if (dictionary !== null) {
    const packed = pack(dictionary);
    writePageHeader(writer, {
      type: 'DICTIONARY_PAGE',
      uncompressed_page_size: dictionary.length,
      compressed_page_size: packed.length,
      dictionary_page_header: { num_values: content.count, encoding: 'PLAIN' },
    });
    headers += writer.offset - start;
    writer.appendBytes(packed);
  }
  const repetitions = leaf.repetition === 0 ? new Uint8Array(0) : runs(levels.repetitions, 1);
  const definitions =
    leaf.definition === 0 ? new Uint8Array(0) : runs(levels.definitions, leaf.definition > 1 ? 2 : 1);
  const packed = pack(page);
  const pageOffset = writer.offset;
  writePageHeader(writer, {
    type: 'DATA_PAGE_V2',
    uncompressed_page_size: repetitions.length + definitions.length + page.length,
    compressed_page_size: repetitions.length + definitions.length + packed.length,
    data_page_header_v2: {
      num_values: levels.values,
      num_nulls: levels.nulls,
      num_rows: leaf.rows,
      encoding,
      definition_levels_byte_length: definitions.length,
      repetition_levels_byte_length: repetitions.length,
      is_compressed: true,
    },
  });
  headers += writer.offset - pageOffset;
  for (const bytes of [repetitions, definitions, packed]) writer.appendBytes(bytes);
  const plainBytes = (dictionary?.length ?? 0) + repetitions.length + definitions.length + page.length;
  return {
    file_offset: BigInt(start),
    meta_data: {
      type: leaf.type,
      encodings: dictionary === null ? ['PLAIN', 'RLE'] : ['PLAIN', 'RLE', 'RLE_DICTIONARY'],
      path_in_schema: [...leaf.path],
      codec: PARQUET_CODEC,
      num_values: BigInt(levels.values),
      total_compressed_size: BigInt(writer.offset - start),
      total_uncompressed_size: BigInt(headers + plainBytes),
      data_page_offset: BigInt(pageOffset),
      ...(dictionary === null ? {} : { dictionary_page_offset: BigInt(start) }),
    },
  };
}

function runs(levels: Uint8Array, width: number): Uint8Array {
  const bytes = new ByteWriter(64);
  writeRleBitPackedHybrid(bytes, levels, width);
  return bytes.getBytes();
}
