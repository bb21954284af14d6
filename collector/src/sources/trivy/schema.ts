import * as z from 'zod';
import { flag, listOf, number, pairs, part, text, texts } from '../common/fields.ts';

const Score = z.object({ V2Score: number, V3Score: number, V40Score: number }).nullable().catch(null);

export const Vulnerability = z.object({
  VulnerabilityID: text,
  VendorIDs: texts,
  PkgID: text,
  PkgName: text,
  PkgPath: text,
  PkgIdentifier: part({ PURL: text }),
  InstalledVersion: text,
  FixedVersion: text,
  Status: text,
  SeveritySource: text,
  PrimaryURL: text,
  Title: text,
  Description: text,
  Severity: text,
  CweIDs: texts,
  CVSS: z.record(z.string(), Score).catch({}).default({}),
  References: texts,
});
export type Vulnerability = z.infer<typeof Vulnerability>;

export const Misconfiguration = z.object({
  Type: text,
  ID: text,
  AVDID: text,
  Title: text,
  Description: text,
  Message: text,
  Namespace: text,
  Resolution: text,
  Severity: text,
  PrimaryURL: text,
  References: texts,
  Status: text,
  CauseMetadata: part({ Resource: text, Provider: text, Service: text, StartLine: text }),
});
export type Misconfiguration = z.infer<typeof Misconfiguration>;

export const Secret = z.object({
  RuleID: text,
  Category: text,
  Severity: text,
  Title: text,
  StartLine: text,
  Match: text,
});
export type Secret = z.infer<typeof Secret>;

export const License = z.object({
  Severity: text,
  Category: text,
  PkgName: text,
  FilePath: text,
  Name: text,
  Link: text,
});
export type License = z.infer<typeof License>;

/** What was found in one file, or in the packages of the operating system. */
export const Result = z.object({
  Target: text,
  Class: text,
  Type: text,
  MisconfSummary: part({ Successes: number, Failures: number, Exceptions: number }),
  Vulnerabilities: listOf(Vulnerability),
  Misconfigurations: listOf(Misconfiguration),
  Secrets: listOf(Secret),
  Licenses: listOf(License),
  ExperimentalModifiedFindings: listOf(z.object({ Status: text })),
});
export type Result = z.infer<typeof Result>;

const LISTS = ['Vulnerabilities', 'Misconfigurations', 'Secrets', 'Licenses'] as const;

/** What is wrong with the lists of a result: none of them may be taken for empty because it is something else. */
export function problemOfLists(result: unknown): string | undefined {
  if (typeof result !== 'object' || result === null) return 'one of its results is no object';
  for (const name of LISTS) {
    const list: unknown = new Map<string, unknown>(Object.entries(result)).get(name);
    if (list === undefined || list === null) continue;
    if (!Array.isArray(list)) return `${name} of one of its results are no list`;
    if (list.some((one) => typeof one !== 'object' || one === null))
      return `one of the ${name} of its results is no object`;
  }
  return undefined;
}

/** The same of a workload. */
export function problemOfWorkload(workload: unknown): string | undefined {
  if (typeof workload !== 'object' || workload === null) return 'one of its workloads is no object';
  const results: unknown = 'Results' in workload ? workload.Results : null;
  if (results === null || results === undefined) return undefined;
  if (!Array.isArray(results)) return 'the Results of one of its workloads are no list';
  for (const result of results) {
    const problem = problemOfLists(result);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** A workload in a report of `trivy k8s`. */
export const Workload = z.object({
  Namespace: text,
  Kind: text,
  Name: text,
  Error: text,
  Results: listOf(Result),
});
export type Workload = z.infer<typeof Workload>;

/** Custom resources of the Trivy operator. */
export const OperatorReport = z.object({
  kind: text,
  metadata: part({
    name: text,
    namespace: text,
    labels: pairs,
    creationTimestamp: text,
  }),
  report: part({
    updateTimestamp: text,
    scanner: part({ version: text }),
    registry: part({ server: text }),
    artifact: part({ repository: text, tag: text }),
    vulnerabilities: listOf(
      z.object({
        vulnerabilityID: text,
        resource: text,
        installedVersion: text,
        fixedVersion: text,
        severity: text,
        title: text,
        description: text,
        primaryLink: text,
        links: texts,
        score: number,
        target: text,
        packagePURL: text,
        packagePath: text,
        packageType: text,
      }),
    ),
    checks: listOf(
      z.object({
        checkID: text,
        title: text,
        description: text,
        remediation: text,
        messages: texts,
        severity: text,
        success: flag,
      }),
    ),
    secrets: listOf(
      z.object({ ruleID: text, category: text, match: text, severity: text, target: text, title: text }),
    ),
  }),
  status: part({
    updateTimestamp: text,
    detailReport: part({
      id: text,
      title: text,
      results: listOf(
        z.object({
          id: text,
          name: text,
          description: text,
          severity: text,
          checks: listOf(
            z.object({
              checkID: text,
              title: text,
              description: text,
              remediation: text,
              messages: texts,
              severity: text,
              success: flag,
              target: text,
            }),
          ),
        }),
      ),
    }),
    summaryReport: part({
      id: text,
      title: text,
      controlCheck: listOf(z.object({ id: text, name: text, severity: text, totalFail: number })),
    }),
  }),
});
export type OperatorReport = z.infer<typeof OperatorReport>;
