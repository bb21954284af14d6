import type { EpochMs, ScopeReport } from '../../findings/model.ts';
import type { ReadOptions, ReportInput } from '../adapter.ts';
import * as B from '../json/bytes.ts';
import { JsonCursor } from '../json/cursor.ts';
import { Collector } from './collect.ts';
import { commaMissing, cutOff, wrongElement } from './errors.ts';
import { OcsfFields } from './ocsf-fields.ts';
import { OcsfScanner } from './ocsf-scan.ts';
import { walkOcsf } from './ocsf-walk.ts';
import { regionOf, statusOf, type RowStatus, type RuleTexts } from './row.ts';
import { OcsfTexts, textsOfOcsf } from './schema.ts';
import { timeOf } from './values.ts';

/** An element that needs the cursor seldom is longer. */
const ELEMENT_WINDOW = 32 * 1024;

/** A result of class 2001 (Prowler 3) says "Other" where it was muted and "Unknown" where a person has to look. */
const STATUS_2001: ReadonlyMap<string, RowStatus> = new Map([
  ['Other', 'muted'],
  ['Unknown', 'manual'],
]);

/** An array, one element after the other, or several arrays. The file's first element is known to be Prowler's. */
export function readOcsf(input: ReportInput, options: ReadOptions): readonly ScopeReport[] {
  const reader = new OcsfReader(input);
  const scanner = new OcsfScanner(input, reader.fields, options.onProgress);
  let inArray = false;
  let first = true;
  for (let index = 0; ; index++) {
    let byte = scanner.peek();
    while (byte === (inArray ? B.CLOSE_BRACKET : B.OPEN_BRACKET)) {
      scanner.pass();
      inArray = !inArray;
      first = true;
      byte = scanner.peek();
    }
    if (byte === -1 && !inArray) return reader.reports();
    if (inArray && !first) {
      if (byte === -1) throw cutOff(input.name, scanner.offset);
      if (byte !== B.COMMA) throw commaMissing(input.name, scanner.offset);
      scanner.pass();
      byte = scanner.peek();
    }
    if (byte === -1) throw cutOff(input.name, scanner.offset);
    first = false;
    const start = scanner.offset;
    if (scanner.element()) reader.take(index, start, scanner.offset);
    else scanner.seek(reader.walk(index, start));
  }
}

/** Decides what the fields of an element mean, and reads what belongs to its check at the first failing row of it. */
class OcsfReader {
  readonly fields = new OcsfFields();
  readonly #input: ReportInput;
  readonly #collector = new Collector();
  readonly #regions = new Map<string, string>();
  #start = 0;
  #end = 0;
  #lastTime = '';
  #lastMs: EpochMs | null = null;

  constructor(input: ReportInput) {
    this.#input = input;
  }

  reports(): readonly ScopeReport[] {
    return this.#collector.reports();
  }

  /** Reads the element at `start` with the cursor; gives the offset behind it. */
  walk(index: number, start: number): number {
    const cursor = new JsonCursor(this.#input, { start, windowBytes: ELEMENT_WINDOW });
    const kind = cursor.kind();
    if (kind !== 'object') throw wrongElement(this.#input.name, index, start, `it is of kind ${kind}`);
    walkOcsf(cursor, this.fields);
    const end = cursor.offset;
    this.take(index, start, end);
    return end;
  }

  /** Takes the element between the offsets as it stands in `fields`. */
  take(index: number, start: number, end: number): void {
    this.#start = start;
    this.#end = end;
    this.#settle(index);
    this.#collector.add(this.fields.row, this.#texts);
  }

  #settle(index: number): void {
    const { fields } = this;
    const { row } = fields;
    if (fields.product !== 'Prowler' && fields.product.toLowerCase() !== 'prowler') {
      throw this.#wrong(index, `metadata.product.name is ${JSON.stringify(fields.product.slice(0, 60))}`);
    }
    if (row.checkId === '') row.checkId = fields.feature;
    if (row.checkId === '') throw this.#wrong(index, 'it names no check (metadata.event_code)');
    row.status = this.#statusOf(index);
    if (row.detail === '') row.detail = fields.message;
    row.cloud = (row.cloud || fields.provider || 'kubernetes').toLowerCase();
    row.account = (row.account || fields.projectUid || fields.providerUid || this.#clusterOf()).trim();
    if (row.account === '') throw this.#wrong(index, 'it names no account (cloud.account.uid)');
    row.region = this.#regionOf(row.region || fields.namespace || fields.cloudRegion);
    if (row.service === '') row.service = row.checkId.split('_', 1)[0] ?? '';
    row.seenAt = this.#timeOf(fields.timeDt || fields.eventTime || fields.time);
  }

  #statusOf(index: number): RowStatus {
    const { status, statusCode, complianceStatus } = this.fields;
    if (status === 'Suppressed') return 'muted';
    const word = statusCode || complianceStatus || status;
    const known = statusOf(word) ?? (statusCode === '' ? STATUS_2001.get(word) : undefined);
    if (known !== undefined) return known;
    if (word === '') throw this.#wrong(index, 'it has no status (status_code)');
    throw this.#wrong(index, `its status is ${JSON.stringify(word.slice(0, 60))}`);
  }

  /**
   * Kubernetes has no `cloud`; before `unmapped.provider_uid` came (5.x) the cluster stands only in the finding's uid,
   * `prowler-kubernetes-<check>-<cluster>-namespace: <namespace>-<name>`.
   */
  #clusterOf(): string {
    const { row } = this.fields;
    if (row.cloud !== 'kubernetes') return '';
    const before = `prowler-kubernetes-${row.checkId}-`;
    const end = row.findingUid.indexOf('-namespace:', before.length);
    const named = row.findingUid.startsWith(before) && end > before.length;
    return named ? row.findingUid.slice(before.length, end) : 'unknown';
  }

  #regionOf(text: string): string {
    let region = this.#regions.get(text);
    if (region === undefined) this.#regions.set(text, (region = regionOf(text)));
    return region;
  }

  /** All rows of a run have the same time. */
  #timeOf(text: string): EpochMs | null {
    if (text !== this.#lastTime) {
      this.#lastTime = text;
      this.#lastMs = timeOf(text);
    }
    return this.#lastMs;
  }

  readonly #texts = (): RuleTexts => {
    const start = this.#start;
    const end = this.#end;
    const windowBytes = Math.min(Math.max(end - start, 4096), 1024 * 1024);
    const cursor = new JsonCursor(this.#input, { start, end, windowBytes });
    return textsOfOcsf(OcsfTexts.parse(cursor.value()));
  };

  #wrong(index: number, problem: string): Error {
    return wrongElement(this.#input.name, index, this.#start, problem);
  }
}
