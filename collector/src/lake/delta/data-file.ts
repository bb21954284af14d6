import { createHash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { ColumnChunk } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { Body } from '../../store/object-store.ts';
import { writeColumnChunk } from '../column-chunk.ts';
import { PARQUET_CODEC, parquetCompressors } from '../compression.ts';
import { Distinct } from '../distinct.ts';
import { plainDoubles, plainInts, plainTexts } from '../plain.ts';
import { type Bounds, boundsOf, deltaStats, joinBounds, NO_BOUNDS, parquetStatistics } from './bounds.ts';
import { type DeltaColumn, parquetSchema } from './columns.ts';
import { writeFlags, writeList, writePairs } from './leaf-chunk.ts';

/** Up to here a file is kept in memory; a larger one goes to the disk, so that memory stays flat. */
const IN_MEMORY_BYTES = 8 << 20;
const BOUND_BYTES = 64;

export interface FinishedFile {
  readonly body: Body;
  readonly size: number;
  readonly rows: number;
  /** SHA-256, hexadecimal. */
  readonly digest: string;
  /** Delta's per-file statistics, JSON text. */
  readonly stats: string;
}

/** A Parquet file that is written row group by row group. */
export class DataFile {
  readonly #columns: readonly DeltaColumn[];
  readonly #path: string;
  readonly #writer = new ByteWriter(1 << 16);
  readonly #file: ParquetWriter;
  readonly #hash = createHash('sha256');
  readonly #bounds = new Map<string, Bounds>();
  #chunks: Uint8Array[] = [];
  #handle: FileHandle | null = null;
  #rows = 0;

  /** @param path of a file that does not exist, for what does not fit into memory */
  constructor(columns: readonly DeltaColumn[], path: string) {
    this.#columns = columns;
    this.#path = path;
    this.#file = new ParquetWriter({
      writer: this.#writer,
      schema: parquetSchema(columns),
      codec: PARQUET_CODEC,
      compressors: parquetCompressors,
      statisticsTruncateLength: BOUND_BYTES,
      createdBy: 'sightline',
    });
    for (const { name, bounds } of columns) if (bounds === true) this.#bounds.set(name, NO_BOUNDS);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Bytes so far. */
  get size(): number {
    return this.#writer.offset;
  }

  /** @param fill puts the values of a row into `cells`, one per column */
  async addGroup(rows: number, fill: (row: number, cells: unknown[]) => void): Promise<void> {
    if (rows === 0) return;
    const cells: unknown[] = new Array<unknown>(this.#columns.length).fill(null);
    const distinct = this.#columns.map(() => new Distinct(rows));
    for (let row = 0; row < rows; row++) {
      fill(row, cells);
      for (let column = 0; column < cells.length; column++) distinct[column]?.add(cells[column]);
    }
    const start = this.#writer.offset;
    const chunks: ColumnChunk[] = [];
    for (const [index, column] of this.#columns.entries()) {
      chunks.push(...this.#column(column, distinct[index] ?? new Distinct()));
      // For what waits for the disk or the network.
      await setImmediate();
    }
    this.#rows += rows;
    this.#file.num_rows += BigInt(rows);
    this.#file.row_groups.push({
      columns: chunks,
      total_byte_size: chunks.reduce(
        (sum, chunk) => sum + (chunk.meta_data?.total_uncompressed_size ?? 0n),
        0n,
      ),
      num_rows: BigInt(rows),
      total_compressed_size: BigInt(this.#writer.offset - start),
    });
    await this.#flush();
  }

  async finish(): Promise<FinishedFile> {
    void this.#file.finish();
    await this.#flush();
    await this.#handle?.close();
    const size = this.#writer.offset;
    return {
      body: this.#handle === null ? Buffer.concat(this.#chunks) : { path: this.#path, size },
      size,
      rows: this.#rows,
      digest: this.#hash.digest('hex'),
      stats: deltaStats(this.#rows, this.#columns, this.#bounds),
    };
  }

  /** Takes away what lies on the disk. To be called in any case. */
  async remove(): Promise<void> {
    this.#chunks = [];
    if (this.#handle === null) return;
    await this.#handle.close().catch(() => undefined);
    await rm(this.#path, { force: true });
  }

  #column(column: DeltaColumn, distinct: Distinct): ColumnChunk[] {
    const { name, type } = column;
    const required = column.required === true;
    if (type === 'list') return [writeList(this.#writer, name, required, distinct)];
    if (type === 'pairs') return writePairs(this.#writer, name, required, distinct);
    if (type === 'flag') return [writeFlags(this.#writer, name, required, distinct)];
    const chunk = writeColumnChunk(this.#writer, { name, required, ...PLAIN[type] }, distinct);
    const before = this.#bounds.get(name);
    if (before === undefined || chunk.meta_data === undefined) return [chunk];
    const bounds = boundsOf(distinct);
    this.#bounds.set(name, joinBounds(before, bounds));
    return [{ ...chunk, meta_data: { ...chunk.meta_data, statistics: parquetStatistics(column, bounds) } }];
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.from(this.#writer.getBytes());
    this.#writer.index = 0;
    this.#hash.update(bytes);
    if (this.#handle === null) {
      this.#chunks.push(bytes);
      if (this.#writer.offset <= IN_MEMORY_BYTES) return;
      this.#handle = await open(this.#path, 'wx', 0o600);
      for (const chunk of this.#chunks) await this.#handle.appendFile(chunk);
      this.#chunks = [];
      return;
    }
    await this.#handle.appendFile(bytes);
  }
}

/** Microseconds. */
function plainMicros(values: readonly unknown[]): Uint8Array {
  const bytes = Buffer.alloc(values.length * 8);
  for (const [index, value] of values.entries()) {
    if (typeof value !== 'number') throw new TypeError(`a column of times holds a ${typeof value}`);
    bytes.writeBigInt64LE(BigInt(value) * 1000n, index * 8);
  }
  return bytes;
}

const PLAIN = {
  text: { type: 'BYTE_ARRAY', plain: plainTexts },
  int: { type: 'INT32', plain: plainInts },
  real: { type: 'DOUBLE', plain: plainDoubles },
  time: { type: 'INT64', plain: plainMicros },
} as const;
