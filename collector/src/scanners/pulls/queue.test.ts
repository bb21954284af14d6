import { expect, it } from 'vitest';
import { regionOfQueue } from './queue.ts';

it.each([
  ['https://sqs.eu-west-1.amazonaws.com/123456789012/sightline', 'eu-west-1'],
  ['https://sqs.cn-north-1.amazonaws.com.cn/123456789012/sightline', 'cn-north-1'],
  ['https://vpce-0a1b-2c3d.sqs.eu-central-1.vpce.amazonaws.com/123456789012/sightline', 'eu-central-1'],
  ['https://sqs-fips.us-west-2.amazonaws.com/123456789012/sightline', 'us-west-2'],
  ['https://eu-west-1.queue.amazonaws.com/123456789012/sightline', 'eu-west-1'],
  ['http://127.0.0.1:4566/123456789012/sightline', undefined],
])('the queue %s is in %s', (url, region) => {
  expect(regionOfQueue(url)).toBe(region);
});
