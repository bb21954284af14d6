import type { AwsCall } from './aws-proxy.ts';

/**
 * Calls that moto 5.2 answers with an error of its own, or not as AWS would: what an account without anything of the kind gets. With
 * those errors, a scanner would rightly be taken not to have seen the service.
 */
const ANSWERS: Readonly<Record<string, string>> = {
  GetEbsDefaultKmsKeyId: '<kmsKeyId>alias/aws/ebs</kmsKeyId>',
  GetSnapshotBlockPublicAccessState: '<state>unblocked</state>',
  GetImageBlockPublicAccessState: '<imageBlockPublicAccessState>unblocked</imageBlockPublicAccessState>',
  GetInstanceMetadataDefaults: '<accountLevel/>',
  DescribeClientVpnEndpoints: '<clientVpnEndpoint/>',
};
const JSON_ANSWERS: Readonly<Record<string, unknown>> = {
  ListResourceComplianceSummaries: { ResourceComplianceSummaryItems: [] },
  DescribeInstanceInformation: { InstanceInformationList: [] },
};

export interface Answer {
  readonly type: string;
  readonly body: string;
}

/** @returns null where moto knows better */
export function answerInItsPlace(call: AwsCall): Answer | null {
  const { service, action } = call;
  const inner = asksForRegionsThatAreOff(call) ? '<regionInfo/>' : ANSWERS[action];
  if (service === 'ec2' && inner !== undefined) {
    const body = `<?xml version="1.0" encoding="UTF-8"?>\n<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>0</requestId>${inner}</${action}Response>`;
    return { type: 'text/xml', body };
  }
  const json = service === 'ssm' ? JSON_ANSWERS[action] : undefined;
  return json === undefined ? null : { type: 'application/x-amz-json-1.1', body: JSON.stringify(json) };
}

/**
 * ScoutSuite asks which regions are switched off, to leave them out. moto does not know the filter and names all of them, so
 * ScoutSuite leaves out every region and looks at nothing.
 */
function asksForRegionsThatAreOff({ action, parameters }: AwsCall): boolean {
  return action === 'DescribeRegions' && [...parameters.values()].includes('not-opted-in');
}
