import { messageOf, prowlerRows, type ProwlerOptions, type ProwlerRow } from './prowler.ts';
import { CHECK_FRAMEWORKS } from '../../collector/src/sample/catalogue/index.ts';
import type { Output } from './writer.ts';

function asffOf(row: ProwlerRow, account: string, at: number): unknown {
  const { flaw, check, kind, fields, uid } = row;
  const { region = '' } = fields;
  const time = `${new Date(at).toISOString().slice(0, 19)}Z`;
  const frameworks = (CHECK_FRAMEWORKS[check.id] ?? '').split(' | ').filter((text) => text.includes(': '));
  return {
    SchemaVersion: '2018-10-08',
    Id: `prowler-${check.id}-${account}-${region}-${fields['id'] ?? ''}`,
    ProductArn: `arn:aws:securityhub:${region}::product/prowler/prowler`,
    RecordState: 'ACTIVE',
    ProductFields: {
      ProviderName: 'Prowler',
      ProviderVersion: '5.46.0',
      ProwlerResourceName: uid,
      ProwlerAccountOrganizationalUnitId: '',
      ProwlerAccountOrganizationalUnitName: '',
    },
    GeneratorId: `prowler-${check.id}`,
    AwsAccountId: account,
    Types: ['Software and Configuration Checks/AWS Security Best Practices', 'Effects/Data Exposure'],
    FirstObservedAt: time,
    UpdatedAt: time,
    CreatedAt: time,
    Severity: { Label: check.severity.toUpperCase() },
    Title: flaw.title,
    Description: messageOf(row),
    Resources: [{ Type: kind.type, Id: uid, Partition: 'aws', Region: region, Tags: { env: 'prod' } }],
    Compliance: {
      Status: row.failing ? 'FAILED' : 'PASSED',
      RelatedRequirements: frameworks.map((text) =>
        text.replace(': ', ' ').replaceAll(', ', ' ').slice(0, 63),
      ),
      AssociatedStandards: frameworks.map((text) => ({ StandardsId: text.slice(0, text.indexOf(': ')) })),
    },
    Remediation: {
      Recommendation: { Text: flaw.fix, Url: `https://hub.prowler.com/check/${check.id}` },
    },
  };
}

/** A report of `prowler aws -M json-asff`: an array, indented by four. */
export function writeAsff(output: Output, options: ProwlerOptions): void {
  let before = '[';
  for (const row of prowlerRows(options)) {
    output.write(before + JSON.stringify(asffOf(row, options.account, options.at), null, 4));
    before = ',';
  }
  output.write(']');
}
