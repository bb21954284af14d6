import * as z from 'zod';
import type { RuleTexts } from './row.ts';
import { frameworksOf, frameworksOfEntry, listOf } from './values.ts';

/**
 * What Prowler's JSON says, as far as it is used. Where a field has another type than it should, it counts as absent:
 * a link more or less is no reason to refuse a report. What makes a result (check, status, account) is checked by the
 * readers.
 */
export const Text = z
  .union([z.string(), z.number().transform(String), z.boolean().transform(String)])
  .catch('')
  .default('');

/** One text or a list of them. */
const Texts = z
  .union([z.array(Text), z.string().transform(listOf)])
  .catch([])
  .default([]);

/** `{"CIS-2.0": ["1.12"]}` */
const Frameworks = z.record(z.string(), Texts).catch({}).default({});

function part<S extends z.ZodRawShape>(shape: S) {
  const object = z.object(shape);
  return object.optional().catch(undefined);
}

/** The parts of an OCSF result that are the check's, of class 2004 and 2001. */
export const OcsfTexts = z.object({
  finding_info: part({ title: Text, desc: Text }),
  finding: part({
    title: Text,
    desc: Text,
    src_url: Text,
    remediation: part({ desc: Text, kb_articles: Texts }),
  }),
  remediation: part({ desc: Text, references: Texts }),
  compliance: part({ requirements: Texts }),
  unmapped: part({ related_url: Text, additional_urls: Texts, categories: Texts, compliance: Frameworks }),
});

export function textsOfOcsf(element: z.infer<typeof OcsfTexts>): RuleTexts {
  const { finding_info: info, finding, remediation, unmapped } = element;
  return {
    title: info?.title ?? finding?.title ?? '',
    about: info?.desc ?? finding?.desc ?? '',
    remediation: remediation?.desc ?? finding?.remediation?.desc ?? '',
    references: [
      unmapped?.related_url ?? finding?.src_url ?? '',
      ...(remediation?.references ?? finding?.remediation?.kb_articles ?? []),
      ...(unmapped?.additional_urls ?? []),
    ],
    frameworks: [
      ...frameworksOfRecord(unmapped?.compliance ?? {}),
      ...(element.compliance?.requirements ?? []).flatMap(frameworksOfEntry),
    ],
    categories: unmapped?.categories ?? [],
  };
}

export function frameworksOfRecord(record: Readonly<Record<string, readonly string[]>>): string[] {
  return Object.entries(record).flatMap(([name, controls]) => frameworksOf(name, controls));
}

const Resource = z.object({
  Id: Text,
  Type: Text,
  Region: Text,
  Tags: z.record(z.string(), Text).catch({}).default({}),
});

/** AWS Security Finding Format, as Prowler fills it. */
export const AsffFinding = z.object({
  Id: Text,
  ProductArn: Text,
  GeneratorId: Text,
  AwsAccountId: Text,
  Region: Text,
  RecordState: Text,
  UpdatedAt: Text,
  Title: Text,
  Description: Text,
  ProductFields: part({ ProviderName: Text, ProviderVersion: Text, ProwlerResourceName: Text }),
  Workflow: part({ Status: Text }),
  Severity: part({ Label: Text, Normalized: z.number().nullable().catch(null).default(null) }),
  Resources: z.array(Resource).catch([]).default([]),
  Compliance: part({
    Status: Text,
    RelatedRequirements: Texts,
    AssociatedStandards: z
      .array(z.object({ StandardsId: Text }))
      .catch([])
      .default([]),
  }),
  Remediation: part({ Recommendation: part({ Text: Text, Url: Text }) }),
});

const Recommendation = part({ Text: Text, Url: Text });

/** JSON of Prowler 3; which of the last names there are depends on the provider. */
export const Native3 = z.object({
  AssessmentStartTime: Text,
  FindingUniqueId: Text,
  Provider: Text,
  CheckID: Text,
  CheckTitle: Text,
  ServiceName: Text,
  Status: Text,
  StatusExtended: Text,
  Severity: Text,
  ResourceType: Text,
  Description: Text,
  RelatedUrl: Text,
  Remediation: part({ Recommendation }),
  Compliance: Frameworks,
  Categories: Texts,
  AccountId: Text,
  Subscription: Text,
  ProjectId: Text,
  OrganizationsInfo: part({ account_details_name: Text }),
  Region: Text,
  Location: Text,
  ResourceId: Text,
  ResourceArn: Text,
  ResourceName: Text,
  ResourceTags: z
    .union([z.record(z.string(), Text), z.array(z.object({ Key: Text, Value: Text }))])
    .catch({})
    .default({}),
});

/** JSON of Prowler 2, one result a line. */
export const Native2 = z.object({
  'Account Number': Text,
  Control: Text,
  Message: Text,
  Severity: Text,
  Status: Text,
  Region: Text,
  Timestamp: Text,
  Compliance: Text,
  Service: Text,
  Remediation: Text,
  'Doc link': Text,
  'Resource ID': Text,
});
