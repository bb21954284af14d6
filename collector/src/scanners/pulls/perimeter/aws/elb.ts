import type * as ElbV1 from '@aws-sdk/client-elastic-load-balancing';
import type * as ElbV2 from '@aws-sdk/client-elastic-load-balancing-v2';
import type { ElasticLoadBalancingClient } from '@aws-sdk/client-elastic-load-balancing';
import type { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  type AwsFinder,
  type AwsPlace,
  asked,
  inParts,
  listening,
  partitionOf,
  siteOf,
  tagsOf,
} from '../found.ts';

type SdkV2 = typeof ElbV2;
type SdkV1 = typeof ElbV1;
interface Listener {
  readonly protocol: string;
  readonly port: number;
}

/** Of one call. */
const MOST_TAGGED = 20;

/** Load balancers that face the internet, of the three newer kinds and the classic one, by their names. */
export const elb: AwsFinder = {
  service: 'elb',
  global: false,
  find: async (place) => {
    const v2 = await import('@aws-sdk/client-elastic-load-balancing-v2');
    const newer = new v2.ElasticLoadBalancingV2Client(place.settings);
    try {
      await newerOnes(v2, newer, place);
    } finally {
      newer.destroy();
    }
    const v1 = await import('@aws-sdk/client-elastic-load-balancing');
    const classic = new v1.ElasticLoadBalancingClient(place.settings);
    try {
      await classicOnes(v1, classic, place);
    } finally {
      classic.destroy();
    }
  },
};

async function newerOnes(sdk: SdkV2, client: ElasticLoadBalancingV2Client, place: AwsPlace): Promise<void> {
  const found = await asked('elasticloadbalancing:DescribeLoadBalancers', async () => {
    const all = [];
    for await (const { LoadBalancers } of sdk.paginateDescribeLoadBalancers({ client }, {}))
      all.push(...(LoadBalancers ?? []));
    return all.filter(({ Scheme, State }) => Scheme === 'internet-facing' && State?.Code !== 'failed');
  });
  const tags = new Map<string, Record<string, string>>();
  for (const part of inParts(
    found.flatMap(({ LoadBalancerArn }) => LoadBalancerArn ?? []),
    MOST_TAGGED,
  )) {
    const { TagDescriptions } = await asked('elasticloadbalancing:DescribeTags', () =>
      client.send(new sdk.DescribeTagsCommand({ ResourceArns: part }), { abortSignal: place.signal }),
    );
    for (const { ResourceArn = '', Tags } of TagDescriptions ?? []) tags.set(ResourceArn, tagsOf(Tags));
  }
  for (const { LoadBalancerArn = '', LoadBalancerName = '', DNSName = '', Type = '' } of found) {
    const listeners = await asked('elasticloadbalancing:DescribeListeners', async () => {
      const all: Listener[] = [];
      for await (const { Listeners } of sdk.paginateDescribeListeners({ client }, { LoadBalancerArn })) {
        for (const { Protocol = 'TCP', Port = 0 } of Listeners ?? [])
          all.push({ protocol: Protocol, port: Port });
      }
      return all;
    });
    place.add({
      type: Type === 'network' || Type === 'gateway' ? `${Type} load balancer` : 'load balancer',
      id: LoadBalancerArn,
      name: LoadBalancerName,
      endpoint: siteOf(DNSName.toLowerCase(), listeners),
      tags: tags.get(LoadBalancerArn) ?? {},
      detail: listening(listeners),
    });
  }
}

async function classicOnes(sdk: SdkV1, client: ElasticLoadBalancingClient, place: AwsPlace): Promise<void> {
  const found = await asked('elasticloadbalancing:DescribeLoadBalancers', async () => {
    const all = [];
    for await (const { LoadBalancerDescriptions } of sdk.paginateDescribeLoadBalancers({ client }, {}))
      all.push(...(LoadBalancerDescriptions ?? []));
    return all.filter(({ Scheme }) => Scheme === 'internet-facing');
  });
  const tags = new Map<string, Record<string, string>>();
  for (const part of inParts(
    found.flatMap(({ LoadBalancerName }) => LoadBalancerName ?? []),
    MOST_TAGGED,
  )) {
    const { TagDescriptions } = await asked('elasticloadbalancing:DescribeTags', () =>
      client.send(new sdk.DescribeTagsCommand({ LoadBalancerNames: part }), { abortSignal: place.signal }),
    );
    for (const { LoadBalancerName = '', Tags } of TagDescriptions ?? [])
      tags.set(LoadBalancerName, tagsOf(Tags));
  }
  const { region, account } = place;
  for (const { LoadBalancerName = '', DNSName = '', ListenerDescriptions } of found) {
    const listeners = (ListenerDescriptions ?? []).map(({ Listener: one }) => ({
      protocol: one?.Protocol ?? 'TCP',
      port: one?.LoadBalancerPort ?? 0,
    }));
    place.add({
      type: 'classic load balancer',
      id: `arn:${partitionOf(region)}:elasticloadbalancing:${region}:${account}:loadbalancer/${LoadBalancerName}`,
      name: LoadBalancerName,
      endpoint: siteOf(DNSName.toLowerCase(), listeners),
      tags: tags.get(LoadBalancerName) ?? {},
      detail: listening(listeners),
    });
  }
}
