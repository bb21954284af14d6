import { afterAll, beforeAll, expect, it } from 'vitest';
import { ec2 } from '../../collector/src/scanners/pulls/perimeter/aws/ec2.ts';
import type { Found } from '../../collector/src/scanners/pulls/perimeter/found.ts';
import { startAwsStub } from '../support/aws-stub.ts';

/** Answers as the API reference has them: the simulated cloud makes no interfaces for load balancers. */
const NAMESPACE = 'xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"';

const association = (address: string): string =>
  `<association><publicIp>${address}</publicIp><ipOwnerId>123456789012</ipOwnerId></association>`;

const instance = (
  id: string,
  state: string,
  address: string,
  name = `${id}-name`,
): string => `<item><instancesSet><item>
  <instanceId>${id}</instanceId><instanceState><code>0</code><name>${state}</name></instanceState>
  <ipAddress>${address}</ipAddress><instanceType>t3.micro</instanceType>
  <networkInterfaceSet><item><networkInterfaceId>eni-${id}</networkInterfaceId>${association(address)}</item></networkInterfaceSet>
  <tagSet><item><key>Name</key><value>${name}</value></item></tagSet>
</item></instancesSet></item>`;

interface Interface {
  readonly address: string;
  readonly description?: string;
  readonly type?: string;
  readonly managed?: boolean;
  /** Of the attachment. */
  readonly owner?: string;
  readonly instance?: string;
}

const networkInterface = (id: string, one: Interface): string => `<item>
  <networkInterfaceId>${id}</networkInterfaceId><description>${one.description ?? ''}</description>
  <interfaceType>${one.type ?? 'interface'}</interfaceType><requesterManaged>${one.managed === true}</requesterManaged>
  <attachment><instanceOwnerId>${one.owner ?? '123456789012'}</instanceOwnerId>${one.instance === undefined ? '' : `<instanceId>${one.instance}</instanceId>`}</attachment>
  ${association(one.address)}</item>`;

const elastic = (address: string): string =>
  `<item><publicIp>${address}</publicIp><allocationId>a-${address}</allocationId><associationId>s-${address}</associationId></item>`;

const ANSWERS: Readonly<Record<string, string>> = {
  DescribeInstances: `<reservationSet>${instance('i-on', 'running', '198.51.100.1')}${instance('i-off', 'stopped', '198.51.100.2')}${instance('i-blank', 'running', '198.51.100.9', '')}</reservationSet>`,
  DescribeNetworkInterfaces: `<networkInterfaceSet>${[
    networkInterface('eni-i-on', { address: '198.51.100.1', instance: 'i-on' }),
    networkInterface('eni-i-off', { address: '198.51.100.2', instance: 'i-off' }),
    // A second one of the same instance.
    networkInterface('eni-more', { address: '198.51.100.3', instance: 'i-off' }),
    networkInterface('eni-alb', {
      ...{ address: '198.51.100.4', description: 'ELB app/shop/50dc', managed: true, owner: 'amazon-elb' },
    }),
    networkInterface('eni-nlb', {
      ...{ address: '198.51.100.5', description: 'ELB net/shop/50dc', type: 'network_load_balancer' },
      ...{ managed: true, owner: 'amazon-aws' },
    }),
    // Anybody may write this.
    networkInterface('eni-hidden', { address: '198.51.100.6', description: 'ELB nothing to see' }),
    networkInterface('eni-nat', { address: '198.51.100.7', type: 'nat_gateway', managed: true }),
  ].join('')}</networkInterfaceSet>`,
  DescribeAddresses: `<addressesSet>${[2, 3, 5, 7, 8].map((last) => elastic(`198.51.100.${last}`)).join('')}</addressesSet>`,
};

let stub: Awaited<ReturnType<typeof startAwsStub>>;
beforeAll(async () => {
  stub = await startAwsStub(({ body }) => {
    const action = String(body['Action']);
    return { xml: `<${action}Response ${NAMESPACE}>${ANSWERS[action] ?? ''}</${action}Response>` };
  });
  process.env['AWS_ENDPOINT_URL'] = stub.endpoint;
});
afterAll(async () => {
  delete process.env['AWS_ENDPOINT_URL'];
  await stub.stop();
});

it('addresses of EC2 are exposed once each, and only where something answers that has no name of its own', async () => {
  const found: Pick<Found, 'type' | 'name' | 'id' | 'endpoint'>[] = [];
  const keys = { accessKeyId: 'a', secretAccessKey: 'b', expiration: new Date(Date.now() + 3_600_000) };
  await ec2.find({
    ...{ account: '123456789012', region: 'eu-west-1', signal: AbortSignal.timeout(60_000) },
    settings: {
      ...{ region: 'eu-west-1', maxAttempts: 1, retryMode: 'adaptive' },
      credentials: () => Promise.resolve(keys),
      requestHandler: { connectionTimeout: 10_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
    },
    add: (asset) => found.push(asset),
  });
  expect(found.map(({ type, id, endpoint }) => `${type} ${id.split('/').at(-1) ?? ''} ${endpoint}`)).toEqual([
    'instance i-on 198.51.100.1',
    'instance i-blank 198.51.100.9',
    'network interface eni-hidden 198.51.100.6',
    'nat gateway eni-nat 198.51.100.7',
    'elastic address a-198.51.100.8 198.51.100.8',
  ]);
  // The console writes an empty one.
  expect(found.slice(0, 2).map(({ name }) => name)).toEqual(['i-on-name', 'i-blank']);
});
