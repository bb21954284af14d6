import {
  CreateDeploymentCommand,
  CreateRestApiCommand,
  APIGatewayClient,
  GetResourcesCommand,
  PutIntegrationCommand,
  PutMethodCommand,
} from '@aws-sdk/client-api-gateway';
import { CloudFrontClient, CreateDistributionCommand } from '@aws-sdk/client-cloudfront';
import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  DescribeAddressesCommand,
  DescribeSubnetsCommand,
  DisassociateAddressCommand,
  EC2Client,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  ListHostedZonesCommand,
  Route53Client,
  type RRType,
} from '@aws-sdk/client-route-53';
import * as path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { emptyFolder, folderOf, sightline } from '../cli/support.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { type Server, startMoto } from '../support/servers.ts';

const moto = await startMoto();
const skipped = typeof moto === 'string';
const server = moto as Server;
const ACCOUNT = '123456789012';
const REGION = 'eu-west-1';
/** Each of these starts processes, and asks a simulated cloud for a lot. */
const API_NAME = record('api.example.org', 'CNAME', 'x.execute-api.eu-west-1.amazonaws.com');
const SLOW = { timeout: 240_000 };

describe.skipIf(skipped)('the perimeter of an account of AWS, against a simulated one', () => {
  let proxy: FaultProxy;
  let env: Record<string, string>;
  let instance: string;
  let data: string;

  beforeAll(async () => {
    proxy = await startFaultProxy(server);
    env = { ...server.env, AWS_ENDPOINT_URL: proxy.endpoint, AWS_ENDPOINT_URL_S3: proxy.endpoint };
    for (const [name, value] of Object.entries({ ...env, AWS_REGION: REGION })) vi.stubEnv(name, value);
    instance = await expose();
  }, 120_000);
  afterAll(async () => {
    vi.unstubAllEnvs();
    await proxy.stop();
    await server.stop();
  });
  beforeEach(() => {
    data = path.join(emptyFolder(), 'data');
    proxy.decide = () => 'pass';
  });

  const configured = (jobs = '', discover = '{}'): string =>
    folderOf({
      'sightline.yaml': `
accounts:
  - { account: '${ACCOUNT}', name: shop, team: core }
ownership:
  - { match: { source: perimeter }, naming: '^(?<product>[a-z]+)-(?<environment>prod|test)-' }
jobs:
  - name: edge
    scanner: perimeter
    accounts: { cloud: aws }
    regions: [${REGION}]
    discover: ${discover}
    attempts: 1
${jobs}`,
    });
  const run = (folder: string, ...args: string[]) =>
    sightline([...args, '--json', '--config', `${folder}/sightline.yaml`, '--store', data], { env });
  const findings = async (folder: string, ...args: string[]): Promise<Record<string, unknown>[]> => {
    const { documents } = await run(folder, 'findings', ...args);
    return documents[0]?.['findings'] as Record<string, unknown>[];
  };

  it('is every service that faces the internet, each by a name that people know', SLOW, async () => {
    const folder = configured();
    await run(folder, 'config', 'apply', '--by', 'me');
    const { code, documents } = await run(folder, 'run', 'edge');
    expect([code, documents[0]]).toMatchObject([0, { outcome: 'complete', reason: null }]);
    const open = await findings(folder, '--rule', 'exposed-asset');
    const shown = open.map(({ service, region, resourceName, environment }) => [
      service,
      region,
      resourceName,
      environment,
    ]);
    expect(shown.sort()).toEqual(
      [
        ['apigateway', REGION, 'orders live', null],
        ['cloudfront', 'global', 'www.example.org', null],
        ['cloudfront', 'global', 'www.example.org', null],
        ['ec2', REGION, 'shop-prod-bastion', 'prod'],
        ['elb', REGION, 'shop-prod-web', 'prod'],
        ['route53', 'global', 'api.example.org', null],
        ['route53', 'global', 'shop.example.org', null],
      ].sort(),
    );
    const endpoints = open.map(({ locator }) => locator);
    expect(endpoints).toContain('https://www.example.org');
    expect(endpoints).toContainEqual(
      expect.stringMatching(/^http:\/\/shop-prod-web-.*\.elb\.amazonaws\.com:8080$/),
    );
    expect(endpoints).toContainEqual(
      expect.stringMatching(/^https:\/\/[a-z0-9]+\.execute-api\.eu-west-1\.amazonaws\.com\/live$/),
    );
    expect(await findings(folder, '--rule', 'asset-not-scanned')).toHaveLength(7);
  });

  it('is only what is wanted, by service, name and tag', SLOW, async () => {
    const folder = configured('', '{ services: [ec2, elb], exclude: { names: ["*-web"] } }');
    expect((await run(folder, 'run', 'edge')).code).toBe(0);
    const open = await findings(folder, '--rule', 'exposed-asset');
    expect(open.map(({ resourceName }) => resourceName)).toEqual(['shop-prod-bastion']);
    const none = await run(configured('', '{ services: [ec3] }'), 'run', 'edge');
    expect(none.documents[0]).toMatchObject({
      outcome: 'failed',
      reason: 'none of the services ec3 is one of aws',
    });
  });

  it('stays as it was where a service does not answer, and says which right is missing', SLOW, async () => {
    const folder = configured();
    expect((await run(folder, 'run', 'edge')).code).toBe(0);
    proxy.decide = (request) =>
      (request.headers.authorization ?? '').includes('/elasticloadbalancing/') ? 400 : 'pass';
    const zone = await hostedZone();
    await changeRecord(zone, 'DELETE', API_NAME);
    const { documents } = await run(folder, 'run', 'edge');
    await changeRecord(zone, 'UPSERT', API_NAME);
    expect(documents[0]).toMatchObject({
      outcome: 'partial',
      reason: expect.stringMatching(/^elasticloadbalancing:DescribeLoadBalancers in eu-west-1: /) as string,
    });
    expect(await findings(folder, '--rule', 'exposed-asset', '--status', 'open')).toHaveLength(6);
    // What could be asked is as good as ever.
    const fixed = await findings(folder, '--rule', 'exposed-asset', '--status', 'fixed');
    expect(fixed.map(({ resourceName }) => resourceName)).toEqual(['api.example.org']);
  });

  it(
    'is not looked for with keys of another account, whose silence would close everything',
    SLOW,
    async () => {
      const folder = folderOf({
        'sightline.yaml': `
accounts: [{ account: '210987654321' }]
jobs: [{ name: edge, scanner: perimeter, accounts: {}, regions: [${REGION}], attempts: 1 }]
`,
      });
      expect((await run(folder, 'run', 'edge')).documents[0]).toMatchObject({
        outcome: 'failed',
        reason: `the keys are of the account ${ACCOUNT}, and 210987654321 was to be asked`,
      });
    },
  );

  it('is asked for in spite of throttling, errors and lost connections', SLOW, async () => {
    const faults = [429, 500, 'cut-before', 503, 'cut-after'] as const;
    proxy.decide = (_request, count) =>
      count % 4 === 0 ? (faults[(count / 4) % faults.length] ?? 'pass') : 'pass';
    const folder = configured();
    expect((await run(folder, 'run', 'edge')).documents[0]).toMatchObject({ outcome: 'complete' });
    expect(await findings(folder, '--rule', 'exposed-asset')).toHaveLength(7);
  });

  it('loses an asset that is gone: an event', SLOW, async () => {
    const folder = configured();
    await run(folder, 'run', 'edge');
    const ec2 = new EC2Client({});
    // The simulated cloud does not let go of the address by itself, as the real one does.
    const { Addresses } = await ec2.send(new DescribeAddressesCommand({}));
    for (const { AssociationId } of (Addresses ?? []).filter(({ InstanceId }) => InstanceId === instance))
      await ec2.send(new DisassociateAddressCommand({ AssociationId }));
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instance] }));
    await run(folder, 'run', 'edge');
    const gone = await findings(folder, '--rule', 'exposed-asset', '--status', 'fixed');
    expect(gone).toMatchObject([{ resourceName: 'shop-prod-bastion', status: 'fixed' }]);
    instance = await runInstance(ec2);
    await run(folder, 'run', 'edge');
    expect(await findings(folder, '--rule', 'exposed-asset', '--status', 'open')).toHaveLength(7);
  });
});

/** One of each kind that faces the internet, and beside them what does not. @returns the id of the instance */
async function expose(): Promise<string> {
  const ec2 = new EC2Client({});
  const instance = await runInstance(ec2);
  // An address that leads nowhere.
  await ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }));
  const { Subnets } = await ec2.send(new DescribeSubnetsCommand({}));
  const subnets = (Subnets ?? []).slice(0, 2).flatMap(({ SubnetId }) => SubnetId ?? []);
  const elb = new ElasticLoadBalancingV2Client({});
  const vpc = Subnets?.[0]?.VpcId ?? '';
  for (const [name, scheme] of [
    ['shop-prod-web', 'internet-facing'],
    ['shop-prod-inside', 'internal'],
  ] as const) {
    const { LoadBalancers } = await elb.send(
      new CreateLoadBalancerCommand({ Name: name, Scheme: scheme, Subnets: subnets }),
    );
    const { TargetGroups } = await elb.send(
      new CreateTargetGroupCommand({ Name: name, Protocol: 'HTTP', Port: 80, VpcId: vpc }),
    );
    await elb.send(
      new CreateListenerCommand({
        LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn,
        Protocol: 'HTTP',
        Port: 8080,
        DefaultActions: [{ Type: 'forward', TargetGroupArn: TargetGroups?.[0]?.TargetGroupArn }],
      }),
    );
  }
  await distribution(true, ['www.example.org', '*.example.org']);
  await distribution(false, ['old.example.org']);
  await restApi('orders', 'REGIONAL');
  await restApi('inside', 'PRIVATE');
  await names();
  return instance;
}

async function runInstance(ec2: EC2Client): Promise<string> {
  const { Instances } = await ec2.send(
    new RunInstancesCommand({
      ...{ ImageId: 'ami-12c6146b', MinCount: 1, MaxCount: 1, InstanceType: 't3.micro' },
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'shop-prod-bastion' }] }],
    }),
  );
  const id = Instances?.[0]?.InstanceId ?? '';
  const { AllocationId } = await ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }));
  await ec2.send(new AssociateAddressCommand({ InstanceId: id, AllocationId }));
  return id;
}

async function distribution(enabled: boolean, aliases: string[]): Promise<void> {
  const client = new CloudFrontClient({ region: 'us-east-1' });
  await client.send(
    new CreateDistributionCommand({
      DistributionConfig: {
        CallerReference: aliases.join(),
        Comment: '',
        Enabled: enabled,
        Aliases: { Quantity: aliases.length, Items: aliases },
        Origins: {
          Quantity: 1,
          Items: [
            { Id: 'o', DomainName: 'origin.s3.amazonaws.com', S3OriginConfig: { OriginAccessIdentity: '' } },
          ],
        },
        DefaultCacheBehavior: { TargetOriginId: 'o', ViewerProtocolPolicy: 'redirect-to-https' },
      },
    }),
  );
}

async function restApi(name: string, type: 'REGIONAL' | 'PRIVATE'): Promise<void> {
  const client = new APIGatewayClient({});
  const { id = '' } = await client.send(
    new CreateRestApiCommand({ name, endpointConfiguration: { types: [type] } }),
  );
  const { items } = await client.send(new GetResourcesCommand({ restApiId: id }));
  const method = { restApiId: id, resourceId: items?.[0]?.id ?? '', httpMethod: 'GET' };
  await client.send(new PutMethodCommand({ ...method, authorizationType: 'NONE' }));
  await client.send(new PutIntegrationCommand({ ...method, type: 'MOCK' }));
  await client.send(new CreateDeploymentCommand({ restApiId: id, stageName: 'live' }));
}

function record(Name: string, Type: RRType, ...values: string[]) {
  const ResourceRecords = values.map((Value) => ({ Value }));
  return { Action: 'CREATE' as const, ResourceRecordSet: { Name, Type, TTL: 300, ResourceRecords } };
}

async function hostedZone(): Promise<string> {
  const { HostedZones } = await new Route53Client({ region: 'us-east-1' }).send(
    new ListHostedZonesCommand({}),
  );
  return HostedZones?.find(({ Name }) => Name === 'example.org.')?.Id ?? '';
}

async function changeRecord(
  HostedZoneId: string,
  Action: 'UPSERT' | 'DELETE',
  change: ReturnType<typeof record>,
): Promise<void> {
  const Changes = [{ ...change, Action }];
  await new Route53Client({ region: 'us-east-1' }).send(
    new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes } }),
  );
}

async function names(): Promise<void> {
  const client = new Route53Client({ region: 'us-east-1' });
  const zone = async (name: string, inside: boolean): Promise<string> => {
    const made = await client.send(
      new CreateHostedZoneCommand({
        Name: name,
        CallerReference: `${name}-${inside}`,
        ...(inside
          ? {
              HostedZoneConfig: { PrivateZone: true, Comment: '' },
              VPC: { VPCId: 'vpc-1', VPCRegion: REGION },
            }
          : {}),
      }),
    );
    return made.HostedZone?.Id ?? '';
  };
  await client.send(
    new ChangeResourceRecordSetsCommand({
      HostedZoneId: await zone('example.org', false),
      ChangeBatch: {
        Changes: [
          record('shop.example.org', 'A', '198.51.100.7'),
          record('shop.example.org', 'AAAA', '2001:db8::7'),
          API_NAME,
          record('vpn.example.org', 'A', '10.0.0.7'),
          record('_proof.example.org', 'CNAME', 'x.acm-validations.aws'),
          record('*.example.org', 'A', '198.51.100.8'),
          record('example.org', 'TXT', '"v=spf1 -all"'),
        ],
      },
    }),
  );
  await client.send(
    new ChangeResourceRecordSetsCommand({
      HostedZoneId: await zone('inside.example.org', true),
      ChangeBatch: { Changes: [record('db.inside.example.org', 'A', '198.51.100.9')] },
    }),
  );
}
