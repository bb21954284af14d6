import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { RIGHTS, type RightsCloud } from '../../collector/src/scanners/rights/table.ts';

const DEPLOY = fileURLToPath(new URL('../../deploy/', import.meta.url));
const file = (name: string): string => readFileSync(`${DEPLOY}${name}`, 'utf8');

/** Kinds whose rights are the collector's own, or come with the managed policies that scanners get. */
const ELSEWHERE = ['prowler', 'scoutsuite', 'inbox', 'sqs'];

const rightsOf = (cloud: RightsCloud, without: readonly string[] = []): string[] => [
  ...new Set(
    Object.entries(RIGHTS)
      .filter(([kind]) => !without.includes(kind))
      .flatMap(([, clouds]) => clouds[cloud] ?? []),
  ),
];

interface Statement {
  readonly Action: string[];
}
interface Policy {
  readonly PolicyName: string;
  readonly PolicyDocument: { readonly Statement: Statement[] };
}

/** Actions of the policies of the template, by name. */
function ofTemplate(): Record<string, string[]> {
  const tags = ['!Ref', '!Sub', '!GetAtt'].map((tag) => ({ tag, resolve: (text: string) => text }));
  const template = parse(file('aws/audit-role.yaml'), { customTags: tags }) as {
    Resources: { AuditRole: { Properties: { Policies: Policy[] } } };
  };
  return Object.fromEntries(
    template.Resources.AuditRole.Properties.Policies.map(({ PolicyName, PolicyDocument }) => [
      PolicyName,
      PolicyDocument.Statement.flatMap(({ Action }) => Action).sort(),
    ]),
  );
}

function ofTerraform(text: string, block: string): string[] {
  const body = text.slice(text.indexOf(block)).split(/^\}/m)[0] ?? '';
  return [...body.matchAll(/"([a-z0-9-]+[:.][A-Za-z0-9.]+)"/g)].map(([, right]) => right ?? '').sort();
}

describe('roles of deploy/', () => {
  const terraform = file('aws/terraform/audit-role/main.tf');

  it('are the same in CloudFormation and in Terraform', () => {
    const { pulls, 'no-data': noData } = ofTemplate();
    expect(ofTerraform(terraform, 'data "aws_iam_policy_document" "pulls"')).toEqual(pulls);
    expect(ofTerraform(terraform, 'data "aws_iam_policy_document" "no_data"')).toEqual(noData);
  });

  it('give what jobs need on AWS, and take nothing of it away', () => {
    const { pulls = [], 'no-data': denied = [] } = ofTemplate();
    expect(new Set(pulls)).toEqual(new Set([...rightsOf('aws', ELSEWHERE), 'iam:SimulatePrincipalPolicy']));
    expect(rightsOf('aws', ['inbox', 'sqs']).filter((right) => denied.includes(right))).toEqual([]);
  });

  it('give what jobs need on Google Cloud', () => {
    const role = 'resource "google_organization_iam_custom_role" "audit"';
    const given = ofTerraform(file('gcp/terraform/main.tf'), role);
    expect(given).toEqual(rightsOf('gcp').sort());
  });

  it('give what jobs need on Azure: all that reads', () => {
    expect(rightsOf('azure').filter((right) => !right.endsWith('/read'))).toEqual([]);
    expect(file('azure/terraform/main.tf')).toContain('role_definition_name = "Reader"');
  });

  it.runIf(spawnSync('terraform', ['version']).status === 0)('are files that Terraform can read', () => {
    expect(execFileSync('terraform', ['fmt', '-check', '-recursive', DEPLOY], { encoding: 'utf8' })).toBe('');
  });
});
