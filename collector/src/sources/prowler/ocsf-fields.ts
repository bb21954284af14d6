import type { Row } from './row.ts';
import { NO_TAGS, tagOfLabel, tagsOf } from './values.ts';

export type MutableRow = { -readonly [K in keyof Row]: Row[K] };

/** What is read of an OCSF element before it is known which of several fields counts. One object serves all elements. */
export class OcsfFields {
  readonly row: MutableRow = {
    checkId: '',
    status: 'fail',
    cloud: '',
    account: '',
    accountName: '',
    region: '',
    service: '',
    resourceType: '',
    resourceUid: '',
    resourceName: '',
    detail: '',
    findingUid: '',
    severity: '',
    severityScore: null,
    tags: NO_TAGS,
    version: '',
    seenAt: null,
  };
  product = '';
  feature = '';
  statusCode = '';
  status = '';
  complianceStatus = '';
  message = '';
  providerUid = '';
  provider = '';
  projectUid = '';
  cloudRegion = '';
  namespace = '';
  timeDt = '';
  eventTime = '';
  time = '';

  readonly #tags = new Map<string, Readonly<Record<string, string>>>();

  reset(): void {
    const { row } = this;
    row.checkId = row.cloud = row.account = row.accountName = row.region = row.service = '';
    row.resourceType = row.resourceUid = row.resourceName = row.detail = row.findingUid = '';
    row.severity = row.version = '';
    row.tags = NO_TAGS;
    row.seenAt = null;
    this.product = this.feature = this.statusCode = this.status = this.complianceStatus = '';
    this.message = this.providerUid = this.provider = this.projectUid = this.cloudRegion = '';
    this.namespace = this.timeDt = this.eventTime = this.time = '';
  }

  /** Whether fields that stand in for others are needed. */
  lacks(): boolean {
    const { account, cloud, detail } = this.row;
    if (account === '' || cloud === '' || (this.timeDt === '' && this.eventTime === '')) return true;
    return detail === '' && this.statusCode !== 'PASS';
  }

  /** The same object for the same labels. */
  tagsOfLabels(labels: readonly string[]): Readonly<Record<string, string>> {
    if (labels.length === 0) return NO_TAGS;
    const id = JSON.stringify(labels);
    let tags = this.#tags.get(id);
    if (tags === undefined) this.#tags.set(id, (tags = tagsOf(labels.map(tagOfLabel))));
    return tags;
  }
}
