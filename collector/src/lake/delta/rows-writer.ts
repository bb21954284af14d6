import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EpochMs } from '../../findings/model.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import type { Head } from '../head.ts';
import { randomNonce } from '../keys.ts';
import { DataFile } from './data-file.ts';
import type { Share, TableFile } from './snapshot.ts';
import { tableFolder } from './snapshot.ts';
import type { TableSpec } from './spec.ts';

export interface FileLimits {
  /** Rows that are sorted, and lie in memory, at a time. */
  readonly groupRows: number;
  /** A file is ended behind the row group that takes it this far. */
  readonly fileRows: number;
  readonly fileBytes: number;
}

const LIMITS: FileLimits = { groupRows: 1 << 16, fileRows: 1_000_000, fileBytes: 128 << 20 };

interface Placed<Row> {
  readonly head: Head;
  readonly row: Row;
}

/** Writes rows, scope after scope, into one file or, where there are very many, several. */
export class RowsWriter<Row> {
  readonly #spec: TableSpec<Row>;
  readonly #store: ObjectStore;
  readonly #now: () => EpochMs;
  readonly #group: number | null;
  readonly #limits: FileLimits;
  readonly #files: TableFile[] = [];
  #waiting: Placed<Row>[] = [];
  #file: { readonly data: DataFile; readonly folder: string; readonly scopes: Map<string, Share> } | null =
    null;

  /** @param group null for a fresh file */
  constructor(
    spec: TableSpec<Row>,
    store: ObjectStore,
    now: () => EpochMs,
    group: number | null,
    limits: FileLimits = LIMITS,
  ) {
    this.#spec = spec;
    this.#store = store;
    this.#now = now;
    this.#group = group;
    this.#limits = limits;
  }

  /** Takes all rows of a scope. Sorted are as many of them as lie in memory at a time. */
  async addScope(head: Head, batches: AsyncIterable<readonly Row[]>): Promise<void> {
    let rows: Row[] = [];
    for await (const batch of batches) {
      for (const row of batch) rows.push(row);
      if (rows.length < this.#limits.groupRows) continue;
      await this.#addSorted(head, rows);
      rows = [];
    }
    await this.#addSorted(head, rows);
  }

  /** @returns the files, which lie in the store and are not yet named */
  async finish(): Promise<readonly TableFile[]> {
    await this.#writeGroup(this.#waiting.length);
    await this.#endFile();
    return this.#files;
  }

  /** Gives up: what was put already is taken away again. To be called where `finish` was not reached. */
  async abandon(): Promise<void> {
    await this.#discard();
    await this.#store.remove(this.#files.map(({ path }) => `${tableFolder(this.#spec.name)}${path}`));
  }

  async #addSorted(head: Head, rows: Row[]): Promise<void> {
    for (const row of rows.sort((a, b) => this.#spec.compare(a, b))) this.#waiting.push({ head, row });
    const { groupRows } = this.#limits;
    while (this.#waiting.length >= groupRows) await this.#writeGroup(groupRows);
  }

  async #writeGroup(count: number): Promise<void> {
    if (count === 0) return;
    const rows = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    const { data, scopes } = (this.#file ??= await this.#newFile());
    for (const { head } of rows) {
      const before = scopes.get(head.scope)?.rows ?? 0;
      scopes.set(head.scope, { rows: before + 1, generation: head.generation, seq: head.seq });
    }
    await data.addGroup(rows.length, (row, cells) => {
      const placed = rows[row];
      if (placed !== undefined) this.#spec.fill(placed.head, placed.row, cells);
    });
    if (data.rows >= this.#limits.fileRows || data.size >= this.#limits.fileBytes) await this.#endFile();
  }

  async #newFile() {
    const folder = await mkdtemp(join(tmpdir(), 'sightline-table-'));
    const data = new DataFile(this.#spec.columns, join(folder, 'data.parquet'));
    return { data, folder, scopes: new Map<string, Share>() };
  }

  async #endFile(): Promise<void> {
    if (this.#file === null) return;
    const { data, scopes } = this.#file;
    const { body, size, rows, stats, digest } = await data.finish();
    const group = this.#group === null ? 'fresh' : `group-${String(this.#group).padStart(3, '0')}`;
    const path = `${group}-${randomNonce()}${randomNonce()}.parquet`;
    await this.#store.put(`${tableFolder(this.#spec.name)}${path}`, body, {
      contentType: 'application/vnd.apache.parquet',
    });
    this.#files.push({
      path,
      size,
      modifiedAt: this.#now(),
      rows,
      stats,
      digest,
      group: this.#group,
      scopes,
    });
    await this.#discard();
  }

  async #discard(): Promise<void> {
    if (this.#file === null) return;
    await this.#file.data.remove();
    await rm(this.#file.folder, { recursive: true, force: true });
    this.#file = null;
  }
}
