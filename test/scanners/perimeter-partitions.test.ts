import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { identityOf, startAwsStub } from '../support/aws-stub.ts';
import { pulling } from './pulls/pulling.ts';

const ACCOUNT = '111111111111';
const ZONE = `<HostedZone><Id>/hostedzone/Z1</Id><Name>example.org.</Name><CallerReference>c</CallerReference>
  <Config><PrivateZone>false</PrivateZone></Config></HostedZone>`;
const RECORD = `<ResourceRecordSet><Name>www.example.org.</Name><Type>A</Type><TTL>300</TTL>
  <ResourceRecords><ResourceRecord><Value>198.51.100.7</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>`;

const stub = await startAwsStub(({ service, path }) => {
  if (service === 'sts') return identityOf(ACCOUNT);
  if (service === 'cloudfront') return { xml: '<DistributionList><Items/></DistributionList>' };
  if (service !== 'route53') return undefined;
  return path.endsWith('/rrset')
    ? {
        xml: `<ListResourceRecordSetsResponse><ResourceRecordSets>${RECORD}</ResourceRecordSets><IsTruncated>false</IsTruncated></ListResourceRecordSetsResponse>`,
      }
    : {
        xml: `<ListHostedZonesResponse><HostedZones>${ZONE}</HostedZones><IsTruncated>false</IsTruncated></ListHostedZonesResponse>`,
      };
});
const config = (region: string): string => `
accounts: [{ account: '${ACCOUNT}' }]
jobs: [{ name: edge, scanner: perimeter, accounts: {}, regions: [${region}], discover: { services: [route53, cloudfront] }, attempts: 1 }]
`;

beforeAll(() => {
  for (const [name, value] of Object.entries(stub.env)) vi.stubEnv(name, value);
});
afterEach(() => {
  stub.calls.length = 0;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await stub.stop();
});

it.each([
  ['eu-west-1', 'us-east-1', 'aws', ['cloudfront', 'route53']],
  ['cn-north-1', 'cn-northwest-1', 'aws-cn', ['cloudfront', 'route53']],
  // There is no CloudFront.
  ['us-gov-east-1', 'us-gov-west-1', 'aws-us-gov', ['route53']],
])('what has no region is asked for, from %s, in %s', async (region, home, partition, services) => {
  vi.stubEnv('AWS_REGION', region);
  const here = pulling(config(region));
  expect(await here.run('edge')).toMatchObject({ outcome: 'complete', reason: null });
  const asked = stub.calls.filter(({ service }) => service !== 'sts');
  expect(new Set(asked.map((call) => call.region))).toEqual(new Set([home]));
  expect([...new Set(asked.map(({ service }) => service))].sort()).toEqual(services);
  expect((await here.findings())[0]?.resourceId).toBe(
    `arn:${partition}:route53:::hostedzone/Z1/www.example.org`,
  );
});
