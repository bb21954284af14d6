import * as z from 'zod';
import { listOf, number, pairs, part, text, texts } from '../common/fields.ts';

const VulnerablePackage = z.object({
  Name: text,
  Version: text,
  FixedInVersion: text,
  FilePath: text,
  PackageManager: text,
});

/** AWS Security Finding Format (https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html). */
export const AsffFinding = z.object({
  Id: text,
  ProductArn: text,
  ProductName: text,
  GeneratorId: text,
  AwsAccountId: text,
  AwsAccountName: text,
  Region: text,
  Types: texts,
  Title: text,
  Description: text,
  UpdatedAt: text,
  LastObservedAt: text,
  RecordState: text,
  WorkflowState: text,
  Workflow: part({ Status: text }),
  Severity: part({ Label: text, Normalized: number, Original: text }),
  Compliance: part({
    Status: text,
    SecurityControlId: text,
    RelatedRequirements: texts,
    AssociatedStandards: listOf(z.object({ StandardsId: text })),
  }),
  ProductFields: pairs,
  Resources: listOf(z.object({ Type: text, Id: text, Region: text, Tags: pairs })),
  Remediation: part({ Recommendation: part({ Text: text, Url: text }) }),
  Vulnerabilities: listOf(
    z.object({
      Id: text,
      Cvss: listOf(z.object({ BaseScore: number, Version: text })),
      RelatedVulnerabilities: texts,
      ReferenceUrls: texts,
      VulnerablePackages: listOf(VulnerablePackage),
    }),
  ),
});
export type AsffFinding = z.infer<typeof AsffFinding>;
