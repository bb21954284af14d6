import type { ReportInput } from '../adapter.ts';
import { ByteScan } from './byte-scan.ts';
import { KeyTable } from './key-table.ts';
import type { OcsfFields } from './ocsf-fields.ts';
import { NO_TAGS } from './values.ts';

const METADATA = 0;
const STATUS_CODE = 1;
const STATUS = 2;
const STATUS_DETAIL = 3;
const SEVERITY = 4;
const FINDING_INFO = 5;
const RESOURCES = 6;
const CLOUD = 7;
const TIME_DT = 8;
const EVENT_TIME = 9;
const EVENT_CODE = 10;
const PRODUCT = 11;
const VERSION = 12;
const NAME = 13;
const UID = 14;
const REGION = 15;
const GROUP = 16;
const LABELS = 17;
const TYPE = 18;
const ACCOUNT = 19;
const PROVIDER = 20;
/** In the order of the numbers above; those behind are skipped, but worth comparing with the element before. */
const TABLE = new KeyTable([
  ...[
    'metadata',
    'status_code',
    'status',
    'status_detail',
    'severity',
    'finding_info',
    'resources',
    'cloud',
    'time_dt',
  ],
  ...[
    'event_time',
    'event_code',
    'product',
    'version',
    'name',
    'uid',
    'region',
    'group',
    'labels',
    'type',
    'account',
  ],
  ...[
    'provider',
    'unmapped',
    'remediation',
    'risk_details',
    'data',
    'org',
    'message',
    'desc',
    'types',
    'analytic',
  ],
]);

/** Keys mean different things in different objects: a slot is the key's number plus the object's. */
const IN_METADATA = 32;
const IN_PRODUCT = 64;
const IN_FINDING = 96;
const IN_RESOURCE = 128;
const IN_GROUP = 160;
const IN_CLOUD = 192;
const IN_ACCOUNT = 224;
const SLOTS = 256;

/**
 * The fast way through OCSF elements as Prowler 4 and 5 write them; whatever is not so is left to the cursor
 * (ocsf-walk.ts), which reads everything and knows the errors.
 *
 * What makes it fast: no text is made of keys; nothing is made of values that are skipped; and since Prowler writes
 * check by check, most parts of an element are byte for byte those of the one before, which one comparison tells.
 */
export class OcsfScanner extends ByteScan {
  readonly #fields: OcsfFields;
  // What `metadata` and `cloud` of the element before said.
  #checkId = '';
  #product = '';
  #version = '';
  #cloud = '';
  #account = '';
  #accountName = '';
  #cloudRegion = '';
  #tags = NO_TAGS;

  constructor(input: ReportInput, fields: OcsfFields, onProgress: ((bytes: number) => void) | undefined) {
    super(input, SLOTS, onProgress);
    this.#fields = fields;
  }

  /** Reads the element here and stands behind it; false when it takes the cursor to read it (then `seek` behind it). */
  element(): boolean {
    const { row } = this.#fields;
    if (!this.attempt(this.#steps)) return false;
    return row.checkId !== '' && this.#fields.statusCode !== '' && !this.#fields.lacks();
  }

  readonly #steps = (): void => {
    this.#fields.reset();
    this.#element();
  };

  #element(): void {
    const fields = this.#fields;
    this.open();
    for (let key = this.key(TABLE, true); key !== ByteScan.CLOSED; key = this.key(TABLE, false)) {
      switch (key) {
        case METADATA:
          this.#metadata();
          break;
        case STATUS_CODE:
          fields.statusCode = this.repeatedText(STATUS_CODE);
          break;
        case STATUS:
          fields.status = this.repeatedText(STATUS);
          break;
        case STATUS_DETAIL:
          if (fields.statusCode === 'PASS') this.skip(-1);
          else fields.row.detail = this.text();
          break;
        case SEVERITY:
          fields.row.severity = this.repeatedText(SEVERITY);
          break;
        case FINDING_INFO:
          if (fields.statusCode === 'PASS') this.skip(-1);
          else this.#finding();
          break;
        case RESOURCES:
          this.#resources();
          break;
        case CLOUD:
          this.#cloudOf();
          break;
        case TIME_DT:
          fields.timeDt = this.repeatedText(TIME_DT);
          break;
        case EVENT_TIME:
          fields.eventTime = this.repeatedText(EVENT_TIME);
          break;
        default:
          this.skip(key);
      }
    }
  }

  #metadata(): void {
    const { row } = this.#fields;
    if (!this.repeats(METADATA)) {
      const start = this.open();
      this.forget(METADATA);
      this.#checkId = this.#product = this.#version = '';
      for (let key = this.key(TABLE, true); key !== ByteScan.CLOSED; key = this.key(TABLE, false)) {
        if (key === EVENT_CODE) this.#checkId = this.repeatedText(IN_METADATA + EVENT_CODE);
        else if (key === PRODUCT) this.#productOf();
        else this.skip(-1);
      }
      this.remember(METADATA, start);
    }
    row.checkId = this.#checkId;
    row.version = this.#version;
    this.#fields.product = this.#product;
  }

  #productOf(): void {
    this.open();
    for (let key = this.key(TABLE, true); key !== ByteScan.CLOSED; key = this.key(TABLE, false)) {
      if (key === NAME) this.#product = this.repeatedText(IN_PRODUCT + NAME);
      else if (key === VERSION) this.#version = this.repeatedText(IN_PRODUCT + VERSION);
      else this.skip(-1);
    }
  }

  #finding(): void {
    this.open();
    for (let key = this.key(TABLE, true); key !== ByteScan.CLOSED; key = this.key(TABLE, false)) {
      if (key === UID) this.#fields.row.findingUid = this.text();
      else this.skip(key < 0 ? -1 : IN_FINDING + key);
    }
  }

  #resources(): void {
    this.openArray();
    for (let index = 0; this.next(index === 0); index++) {
      if (index === 0) this.#resource();
      else this.skip(-1);
    }
  }

  #resource(): void {
    const { row } = this.#fields;
    this.open();
    for (let key = this.key(TABLE, true); key !== ByteScan.CLOSED; key = this.key(TABLE, false)) {
      switch (key) {
        case UID:
          row.resourceUid = this.text();
          break;
        case NAME:
          row.resourceName = this.text();
          break;
        case TYPE:
          row.resourceType = this.repeatedText(IN_RESOURCE + TYPE);
          break;
        case REGION:
          row.region = this.repeatedText(IN_RESOURCE + REGION);
          break;
        case GROUP:
          this.#group();
          break;
        case LABELS:
          row.tags = this.#labels();
          break;
        default:
          this.skip(key < 0 ? -1 : IN_RESOURCE + key);
      }
    }
  }

  #group(): void {
    this.open();
    for (let key = this.key(TABLE, true); key !== ByteScan.CLOSED; key = this.key(TABLE, false)) {
      if (key === NAME) this.#fields.row.service = this.repeatedText(IN_GROUP + NAME);
      else this.skip(-1);
    }
  }

  #labels(): Readonly<Record<string, string>> {
    if (this.repeats(IN_RESOURCE + LABELS)) return this.#tags;
    const labels: string[] = [];
    const start = this.openArray();
    for (let first = true; this.next(first); first = false) labels.push(this.text());
    this.remember(IN_RESOURCE + LABELS, start);
    this.#tags = this.#fields.tagsOfLabels(labels);
    return this.#tags;
  }

  #cloudOf(): void {
    const { row } = this.#fields;
    if (!this.repeats(CLOUD)) {
      const start = this.open();
      this.forget(CLOUD);
      this.#cloud = this.#account = this.#accountName = this.#cloudRegion = '';
      for (let key = this.key(TABLE, true); key !== ByteScan.CLOSED; key = this.key(TABLE, false)) {
        if (key === ACCOUNT) this.#accountOf();
        else if (key === PROVIDER) this.#cloud = this.repeatedText(IN_CLOUD + PROVIDER);
        else if (key === REGION) this.#cloudRegion = this.repeatedText(IN_CLOUD + REGION);
        else this.skip(-1);
      }
      this.remember(CLOUD, start);
    }
    row.cloud = this.#cloud;
    row.account = this.#account;
    row.accountName = this.#accountName;
    this.#fields.cloudRegion = this.#cloudRegion;
  }

  #accountOf(): void {
    this.open();
    for (let key = this.key(TABLE, true); key !== ByteScan.CLOSED; key = this.key(TABLE, false)) {
      if (key === UID) this.#account = this.repeatedText(IN_ACCOUNT + UID);
      else if (key === NAME) this.#accountName = this.repeatedText(IN_ACCOUNT + NAME);
      else this.skip(-1);
    }
  }
}
