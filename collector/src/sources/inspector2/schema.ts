import * as z from 'zod';
import { listOf, number, pairs, part, text, texts } from '../common/fields.ts';

/** A finding as `aws inspector2 list-findings` and events of EventBridge have it. */
export const InspectorFinding = z.object({
  findingArn: text,
  awsAccountId: text,
  type: text,
  status: text,
  severity: text,
  title: text,
  description: text,
  updatedAt: text,
  lastObservedAt: text,
  inspectorScore: number,
  fixAvailable: text,
  exploitAvailable: text,
  remediation: part({ recommendation: part({ text, Url: text }) }),
  resources: listOf(
    z.object({
      id: text,
      type: text,
      region: text,
      tags: pairs,
      details: part({
        awsEcrContainerImage: part({ repositoryName: text, registry: text }),
        awsLambdaFunction: part({ functionName: text }),
      }),
    }),
  ),
  packageVulnerabilityDetails: part({
    vulnerabilityId: text,
    sourceUrl: text,
    referenceUrls: texts,
    relatedVulnerabilities: texts,
    cvss: listOf(z.object({ baseScore: number })),
    vulnerablePackages: listOf(
      z.object({ name: text, version: text, fixedInVersion: text, filePath: text, remediation: text }),
    ),
  }),
  codeVulnerabilityDetails: part({
    detectorId: text,
    detectorName: text,
    cwes: texts,
    referenceUrls: texts,
    ruleId: text,
    filePath: part({ filePath: text, startLine: text }),
  }),
  networkReachabilityDetails: part({
    protocol: text,
    openPortRange: part({ begin: text, end: text }),
  }),
});
export type InspectorFinding = z.infer<typeof InspectorFinding>;
