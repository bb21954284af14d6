import type * as Ec2 from '@aws-sdk/client-ec2';
import type { EC2Client, Instance, NetworkInterface } from '@aws-sdk/client-ec2';
import { type AwsFinder, type AwsPlace, asked, partitionOf, tagsOf } from '../found.ts';

type Sdk = typeof Ec2;

/**
 * Public IPv4 addresses: of instances that run, of interfaces of other services (tasks, databases), and elastic ones that lead
 * somewhere else (gateways). An elastic address that leads nowhere, or to an instance that is switched off, exposes nothing. Load
 * balancers are stood for by their names, see elb.ts: most of their addresses change with their load.
 */
export const ec2: AwsFinder = {
  service: 'ec2',
  global: false,
  find: async (place) => {
    const sdk = await import('@aws-sdk/client-ec2');
    const client = new sdk.EC2Client(place.settings);
    const seen = new Set<string>();
    try {
      const idle = await instances(sdk, client, place, seen);
      await interfaces(sdk, client, place, idle, seen);
      await elastic(sdk, client, place, seen);
    } finally {
      client.destroy();
    }
  },
};

/** @returns ids of those that are switched off; their interfaces keep elastic addresses */
async function instances(
  sdk: Sdk,
  client: EC2Client,
  place: AwsPlace,
  seen: Set<string>,
): Promise<ReadonlySet<string>> {
  const idle = new Set<string>();
  await asked('ec2:DescribeInstances', async () => {
    for await (const { Reservations } of sdk.paginateDescribeInstances({ client }, {})) {
      place.signal.throwIfAborted();
      for (const instance of (Reservations ?? []).flatMap(({ Instances }) => Instances ?? [])) {
        const { InstanceId = '', InstanceType = '', State } = instance;
        if (State?.Name !== 'pending' && State?.Name !== 'running') {
          idle.add(InstanceId);
          continue;
        }
        const tags = tagsOf(instance.Tags);
        for (const address of addressesOf(instance)) {
          seen.add(address);
          place.add({
            type: 'instance',
            id: arnOf(place, `instance/${InstanceId}`),
            name: tags['Name'] || InstanceId,
            endpoint: address,
            tags,
            detail: InstanceType === '' ? '' : `It is a ${InstanceType}.`,
          });
        }
      }
    }
  });
  return idle;
}

function addressesOf({ PublicIpAddress, NetworkInterfaces }: Instance): string[] {
  const all = [PublicIpAddress, ...(NetworkInterfaces ?? []).flatMap(publicOf)];
  return [...new Set(all.flatMap((address) => (address === undefined || address === '' ? [] : [address])))];
}

function publicOf({
  Association,
  PrivateIpAddresses,
}: Pick<NetworkInterface, 'Association' | 'PrivateIpAddresses'>): (string | undefined)[] {
  return [Association?.PublicIp, ...(PrivateIpAddresses ?? []).map((one) => one.Association?.PublicIp)];
}

async function interfaces(
  sdk: Sdk,
  client: EC2Client,
  place: AwsPlace,
  idle: ReadonlySet<string>,
  seen: Set<string>,
): Promise<void> {
  await asked('ec2:DescribeNetworkInterfaces', async () => {
    for await (const { NetworkInterfaces } of sdk.paginateDescribeNetworkInterfaces({ client }, {})) {
      place.signal.throwIfAborted();
      for (const one of NetworkInterfaces ?? []) {
        const { NetworkInterfaceId = '', Description = '', InterfaceType = 'interface', Attachment } = one;
        const silent = isOfBalancer(one) || idle.has(Attachment?.InstanceId ?? '');
        const tags = tagsOf(one.TagSet);
        for (const address of publicOf(one)) {
          if (address === undefined || address === '' || seen.has(address)) continue;
          seen.add(address);
          if (silent) continue;
          place.add({
            type: InterfaceType === 'interface' ? 'network interface' : InterfaceType.replaceAll('_', ' '),
            id: arnOf(place, `network-interface/${NetworkInterfaceId}`),
            name: tags['Name'] || Description || NetworkInterfaceId,
            endpoint: address,
            tags,
            detail: '',
          });
        }
      }
    }
  });
}

/** By its description only where AWS wrote it. */
function isOfBalancer({ Attachment, RequesterManaged, Description = '' }: NetworkInterface): boolean {
  const named = RequesterManaged === true && Description.startsWith('ELB ');
  return named || Attachment?.InstanceOwnerId === 'amazon-elb';
}

async function elastic(sdk: Sdk, client: EC2Client, place: AwsPlace, seen: Set<string>): Promise<void> {
  const { Addresses } = await asked('ec2:DescribeAddresses', () =>
    client.send(new sdk.DescribeAddressesCommand({}), { abortSignal: place.signal }),
  );
  for (const { PublicIp, AllocationId, AssociationId, InstanceId, NetworkInterfaceId, Tags } of Addresses ??
    []) {
    const leads = [AssociationId, InstanceId, NetworkInterfaceId].some((id) => id !== undefined && id !== '');
    if (PublicIp === undefined || !leads || seen.has(PublicIp)) continue;
    const tags = tagsOf(Tags);
    place.add({
      type: 'elastic address',
      id: arnOf(place, `elastic-ip/${AllocationId ?? PublicIp}`),
      name: tags['Name'] || (AllocationId ?? PublicIp),
      endpoint: PublicIp,
      tags,
      detail: '',
    });
  }
}

function arnOf({ region, account }: AwsPlace, resource: string): string {
  return `arn:${partitionOf(region)}:ec2:${region}:${account}:${resource}`;
}
