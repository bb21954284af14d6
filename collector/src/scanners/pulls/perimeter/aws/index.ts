import pLimit from 'p-limit';
import { enter, gapOf, homeRegion, regionsOf } from '../../aws.ts';
import type { PullRequest } from '../../request.ts';
import { type AwsFinder, type Discovered, type Found, partitionOf, Refused } from '../found.ts';
import { apigateway } from './apigateway.ts';
import { cloudfront } from './cloudfront.ts';
import { ec2 } from './ec2.ts';
import { elb } from './elb.ts';
import { route53 } from './route53.ts';

const FINDERS: readonly AwsFinder[] = [ec2, elb, apigateway, cloudfront, route53];

export const AWS_SERVICES: readonly string[] = FINDERS.map(({ service }) => service);

/** Services and regions asked at once. */
const AT_ONCE = 8;

/** @throws ScanError where the keys lead elsewhere, or not even the regions could be asked for */
export async function awsPerimeter(
  request: PullRequest,
  account: string,
  services: readonly string[],
): Promise<Discovered> {
  const settings = await enter(request);
  const regions = await regionsOf(request, settings);
  const found: Found[] = [];
  const covered: string[] = [];
  const gaps: string[] = [];
  const limit = pLimit(AT_ONCE);
  const home = homeRegion(request);
  const wanted = FINDERS.filter(
    ({ service, notIn }) => services.includes(service) && notIn !== partitionOf(home),
  );
  await Promise.all(
    wanted.flatMap(({ service, global, find }) =>
      (global ? [home] : regions).map((region) =>
        limit(async () => {
          request.signal.throwIfAborted();
          const named = global ? 'global' : region;
          try {
            await find({
              ...{ account, region, signal: request.signal, settings: settings(region) },
              add: (asset) => found.push({ ...asset, service, region: named }),
            });
            covered.push(`${service}@${named}`);
          } catch (error) {
            request.signal.throwIfAborted();
            gaps.push(
              error instanceof Refused
                ? gapOf(error.right, named, error.cause)
                : gapOf(service, named, error),
            );
          }
        }),
      ),
    ),
  );
  return { found, covered: covered.sort(), gaps: gaps.sort() };
}
