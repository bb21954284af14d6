import type * as z from 'zod';
import type { ReportInput } from '../adapter.ts';
import type { JsonCursor } from '../json/cursor.ts';
import type { Collector } from './collect.ts';
import { isProwlerArn } from './detect.ts';
import { wrongElement } from './errors.ts';
import { isVersion2, resourceIdOf } from './identity.ts';
import type { ElementReader } from './json.ts';
import { regionOf, statusOf, type RuleTexts } from './row.ts';
import { AsffFinding } from './schema.ts';
import { frameworksOf, frameworksOfVersion2, tagsOf, timeOf } from './values.ts';
import { controlOf } from './version2.ts';

type Finding = z.infer<typeof AsffFinding>;

/** Prowler cuts a requirement to this many characters, so that its last control may be half a one. */
const CUT_AT = 63;

export class AsffReader implements ElementReader {
  readonly #input: ReportInput;
  readonly #collector: Collector;

  constructor(input: ReportInput, collector: Collector) {
    this.#input = input;
    this.#collector = collector;
  }

  element(cursor: JsonCursor, index: number): void {
    const { offset } = cursor;
    const finding = AsffFinding.parse(cursor.value());
    const wrong = (problem: string): Error => wrongElement(this.#input.name, index, offset, problem);
    if (!isProwlers(finding)) throw wrong('its product is another one');
    const checkId = finding.GeneratorId.replace(/^prowler-/, '').trim();
    if (checkId === '') throw wrong('it names no check (GeneratorId)');
    const word = finding.Compliance?.Status ?? '';
    const status = statusOf(word);
    if (status === undefined) throw wrong(`its Compliance.Status is ${JSON.stringify(word.slice(0, 60))}`);
    if (finding.AwsAccountId.trim() === '') throw wrong('it names no account (AwsAccountId)');
    const resource = finding.Resources[0];
    const resourceUid = resourceIdOf(resource?.Id ?? '');
    const name = finding.ProductFields?.ProwlerResourceName ?? '';
    this.#collector.add(
      {
        checkId,
        status: isSuppressed(finding) ? 'muted' : status,
        cloud: 'aws',
        account: finding.AwsAccountId.trim(),
        accountName: '',
        region: regionOf(resource?.Region || finding.Region),
        service: serviceOf(checkId, resource?.Type ?? ''),
        resourceType: resource?.Type ?? '',
        resourceUid,
        // ASFF repeats the uid here; it has no place for the name.
        resourceName: name === resourceUid ? '' : resourceIdOf(name),
        detail: finding.Description,
        findingUid: finding.Id,
        severity: finding.Severity?.Label ?? '',
        severityScore: finding.Severity?.Normalized ?? null,
        tags: tagsOf(Object.entries(resource?.Tags ?? {})),
        version: finding.ProductFields?.ProviderVersion ?? '',
        seenAt: timeOf(finding.UpdatedAt),
      },
      () => textsOf(finding, checkId),
    );
  }
}

function isProwlers(finding: Finding): boolean {
  const provider = finding.ProductFields?.ProviderName ?? '';
  if (provider !== '') return provider.toLowerCase() === 'prowler';
  return isProwlerArn(finding.ProductArn) || finding.GeneratorId.startsWith('prowler-');
}

function isSuppressed(finding: Finding): boolean {
  const workflow = (finding.Workflow?.Status ?? '').toUpperCase();
  return (
    finding.RecordState.toUpperCase() === 'ARCHIVED' || workflow === 'SUPPRESSED' || workflow === 'RESOLVED'
  );
}

/** ASFF has no service; a check's id starts with it, but for Prowler 2, where the resource's type tells (AwsIamUser). */
function serviceOf(checkId: string, type: string): string {
  if (!isVersion2(checkId)) return checkId.split('_', 1)[0] ?? checkId;
  const word = /^Aws([A-Z][a-z0-9]*)/.exec(type)?.[1] ?? 'account';
  return word.toLowerCase();
}

function textsOf(finding: Finding, checkId: string): RuleTexts {
  const recommendation = finding.Remediation?.Recommendation;
  return {
    title: isVersion2(checkId) ? controlOf(finding.Title).title : finding.Title,
    about: '',
    remediation: recommendation?.Text ?? '',
    references: [recommendation?.Url ?? ''],
    frameworks: requirementsOf(finding),
    categories: [],
  };
}

/** `CIS-7.0 6.1.1 6.1.2`; the framework's name may hold a space, and stands alone in AssociatedStandards. */
function requirementsOf(finding: Finding): string[] {
  const standards = (finding.Compliance?.AssociatedStandards ?? []).map((standard) => standard.StandardsId);
  return (finding.Compliance?.RelatedRequirements ?? []).flatMap((requirement, index) => {
    const named = standards[index];
    if (named === undefined || !requirement.startsWith(`${named} `)) return frameworksOfVersion2(requirement);
    const controls = requirement.slice(named.length + 1).split(' ');
    return frameworksOf(named, requirement.length === CUT_AT ? controls.slice(0, -1) : controls);
  });
}
