import type { EpochMs } from '../../findings/model.ts';
import type { Week } from '../model.ts';
import { HOSTS } from './perimeter.ts';
import { EDGE } from './places.ts';
import { ALWAYS, isIn, type Span } from './weeks.ts';

const REGION = 'eu-west-1';
const WEEK_MS = 7 * 86_400_000;

interface SampleAsset {
  readonly service: 'ec2' | 'elb' | 'apigateway' | 'cloudfront' | 'route53';
  readonly type: string;
  readonly id: string;
  readonly name: string;
  readonly endpoint: string;
  readonly seen: readonly Span[];
  /** The job that scans it; none does where there is none. */
  readonly job?: string;
}

/** Made for a campaign in week 9, and in nobody's list of targets: what dashboards are to show. */
export const UNSCANNED = 'campaign-prod-api';

const api = `https://a1b2c3d4e5.execute-api.${REGION}.amazonaws.com`;
const ASSETS: readonly SampleAsset[] = [
  ...HOSTS.map(({ name, since }): SampleAsset => {
    return {
      service: 'route53',
      type: 'DNS name',
      id: `arn:aws:route53:::hostedzone/Z0EXAMPLEZONE/${name}`,
      name,
      endpoint: name,
      seen: [[since, 12]],
      job: 'ports',
    };
  }),
  {
    service: 'route53',
    type: 'DNS name',
    id: 'arn:aws:route53:::hostedzone/Z0EXAMPLEZONE/status.fernhollow.example',
    name: 'status.fernhollow.example',
    endpoint: 'status.fernhollow.example',
    seen: [[4, 12]],
  },
  {
    service: 'elb',
    type: 'load balancer',
    id: `arn:aws:elasticloadbalancing:${REGION}:${EDGE.account}:loadbalancer/app/shop-prod-web/50dc6c495c0c9188`,
    name: 'shop-prod-web',
    endpoint: `https://shop-prod-web-1234567890.${REGION}.elb.amazonaws.com`,
    seen: ALWAYS,
    job: 'sites',
  },
  {
    service: 'cloudfront',
    type: 'distribution',
    id: `arn:aws:cloudfront::${EDGE.account}:distribution/E2EXAMPLESHOP`,
    name: 'shop-prod-cdn',
    endpoint: 'https://cdn.fernhollow.example',
    seen: ALWAYS,
    job: 'sites',
  },
  {
    service: 'ec2',
    type: 'instance',
    id: `arn:aws:ec2:${REGION}:${EDGE.account}:instance/i-0f1e2d3c4b5a69788`,
    name: 'shop-test-loadgen',
    endpoint: '198.51.100.40',
    seen: [[3, 6]],
    job: 'ports',
  },
  {
    service: 'apigateway',
    type: 'REST API',
    id: `arn:aws:apigateway:${REGION}::/restapis/a1b2c3d4e5/stages/live`,
    name: UNSCANNED,
    endpoint: `${api}/live`,
    seen: [[9, 12]],
  },
];

/** A report of perimeter discovery, of a moment. */
export function assetsJson(week: Week, at: EpochMs): string {
  const assets = ASSETS.filter(({ seen }) => isIn(week, seen)).map(({ seen: _, job, ...asset }) => ({
    ...asset,
    region: asset.service === 'route53' || asset.service === 'cloudfront' ? 'global' : REGION,
    tags: { company: 'fernhollow' },
    detail: '',
    scan:
      job === undefined
        ? { jobs: [], at: null, missing: true }
        : { jobs: [job], at: at - WEEK_MS / 7, missing: false },
  }));
  const covered = [
    ...['apigateway', 'ec2', 'elb'].map((service) => `${service}@${REGION}`),
    ...['cloudfront', 'route53'].map((service) => `${service}@global`),
  ];
  const { account, name } = EDGE;
  const head = { perimeter: 1, cloud: 'aws', account, accountName: name, observedAt: new Date(at) };
  return `${JSON.stringify({ ...head, scans: true, covered, gaps: [], assets }, null, 2)}\n`;
}
