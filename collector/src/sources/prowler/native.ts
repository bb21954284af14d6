import type * as z from 'zod';
import type { ReportInput } from '../adapter.ts';
import type { JsonCursor } from '../json/cursor.ts';
import type { Collector } from './collect.ts';
import { wrongElement } from './errors.ts';
import { resourceIdOf } from './identity.ts';
import type { ElementReader } from './json.ts';
import { regionOf, statusOf } from './row.ts';
import { frameworksOfRecord, Native2, Native3 } from './schema.ts';
import { frameworksOfVersion2, NO_TAGS, tagsOf, timeOf } from './values.ts';
import { controlOf } from './version2.ts';

/** JSON of Prowler 3, an array. */
export class Native3Reader implements ElementReader {
  readonly #input: ReportInput;
  readonly #collector: Collector;

  constructor(input: ReportInput, collector: Collector) {
    this.#input = input;
    this.#collector = collector;
  }

  element(cursor: JsonCursor, index: number): void {
    const { offset } = cursor;
    const result = Native3.parse(cursor.value());
    const wrong = (problem: string): Error => wrongElement(this.#input.name, index, offset, problem);
    if (result.CheckID === '') throw wrong('it names no check (CheckID)');
    const status = statusOf(result.Status);
    if (status === undefined) throw wrong(`its Status is ${JSON.stringify(result.Status.slice(0, 60))}`);
    const account = (result.AccountId || result.Subscription || result.ProjectId).trim();
    if (account === '') throw wrong('it names no account');
    if (result.Provider === '') throw wrong('it names no Provider');
    this.#collector.add(
      {
        checkId: result.CheckID,
        status,
        cloud: result.Provider.toLowerCase(),
        account,
        accountName: result.OrganizationsInfo?.account_details_name ?? '',
        region: regionOf(result.Region || result.Location),
        service: result.ServiceName || (result.CheckID.split('_', 1)[0] ?? ''),
        resourceType: result.ResourceType,
        resourceUid: result.ResourceArn || result.ResourceId,
        resourceName: result.ResourceName || result.ResourceId,
        detail: result.StatusExtended,
        findingUid: result.FindingUniqueId,
        severity: result.Severity,
        severityScore: null,
        tags: tagsOf(pairsOf(result.ResourceTags)),
        version: '',
        seenAt: timeOf(result.AssessmentStartTime),
      },
      () => ({
        title: result.CheckTitle,
        about: result.Description,
        remediation: result.Remediation?.Recommendation?.Text ?? '',
        references: [result.RelatedUrl, result.Remediation?.Recommendation?.Url ?? ''],
        frameworks: frameworksOfRecord(result.Compliance),
        categories: result.Categories,
      }),
    );
  }
}

/** Tags were a list of `{Key, Value}` at first, an object later. */
function pairsOf(tags: z.infer<typeof Native3>['ResourceTags']): [string, string][] {
  return Array.isArray(tags) ? tags.map((tag) => [tag.Key, tag.Value]) : Object.entries(tags);
}

/** JSON of Prowler 2, one result a line. */
export class Native2Reader implements ElementReader {
  readonly #input: ReportInput;
  readonly #collector: Collector;

  constructor(input: ReportInput, collector: Collector) {
    this.#input = input;
    this.#collector = collector;
  }

  element(cursor: JsonCursor, index: number): void {
    const { offset } = cursor;
    const result = Native2.parse(cursor.value());
    const wrong = (problem: string): Error => wrongElement(this.#input.name, index, offset, problem);
    const { checkId, title } = controlOf(result.Control);
    if (checkId === '') throw wrong('it names no check (Control)');
    const status = statusOf(result.Status);
    if (status === undefined) throw wrong(`its Status is ${JSON.stringify(result.Status.slice(0, 60))}`);
    const account = result['Account Number'].trim();
    if (account === '') throw wrong('it names no account (Account Number)');
    this.#collector.add(
      {
        checkId,
        status,
        cloud: 'aws',
        account,
        accountName: '',
        region: regionOf(result.Region),
        service: result.Service || 'account',
        resourceType: '',
        resourceUid: resourceIdOf(result['Resource ID']),
        resourceName: '',
        detail: result.Message,
        findingUid: '',
        severity: result.Severity,
        severityScore: null,
        tags: NO_TAGS,
        version: '',
        seenAt: timeOf(result.Timestamp),
      },
      () => ({
        title,
        about: '',
        remediation: result.Remediation,
        references: [result['Doc link']],
        frameworks: frameworksOfVersion2(result.Compliance),
        categories: [],
      }),
    );
  }
}
