import * as z from 'zod';
import { listOf, number, part, text, texts } from '../common/fields.ts';

const Resource = z.object({
  uid: text,
  name: text,
  type: text,
  region: text,
  labels: texts,
  group: part({ name: text }),
});

const Vulnerability = z.object({
  title: text,
  desc: text,
  cve: part({ uid: text, cvss: listOf(z.object({ base_score: number })) }),
  cwe: part({ uid: text }),
  references: texts,
  affected_packages: listOf(
    z.object({ name: text, version: text, fixed_in_version: text, purl: text, path: text }),
  ),
  packages: listOf(z.object({ name: text, version: text })),
  remediation: part({ desc: text }),
});

/** Findings of OCSF 1.0 to 1.9, classes 2001 to 2008 (https://schema.ocsf.io). */
export const OcsfFinding = z.object({
  class_uid: number,
  activity_id: number,
  status_id: number,
  status: text,
  status_code: text,
  /** What 2001 had for a status in 1.0. */
  state_id: number,
  state: text,
  severity_id: number,
  severity: text,
  time: text,
  time_dt: text,
  message: text,
  cloud: part({ provider: text, region: text, account_uid: text, account: part({ uid: text, name: text }) }),
  metadata: part({
    event_code: text,
    product: part({ name: text, version: text, feature: part({ uid: text, name: text }) }),
  }),
  finding_info: part({
    uid: text,
    title: text,
    desc: text,
    types: texts,
    src_url: text,
    modified_time_dt: text,
    analytic: part({ uid: text, name: text }),
  }),
  finding: part({ uid: text, title: text, desc: text, types: texts, remediation: part({ desc: text }) }),
  compliance: part({ status: text, status_id: number, control: text, requirements: texts, standards: texts }),
  remediation: part({ desc: text, references: texts }),
  resource: Resource.optional().catch(undefined),
  resources: listOf(Resource),
  vulnerabilities: listOf(Vulnerability),
});
export type OcsfFinding = z.infer<typeof OcsfFinding>;
