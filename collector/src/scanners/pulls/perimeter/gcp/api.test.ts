import { expect, it } from 'vitest';
import { regionIn } from './api.ts';

it.each([
  [
    'https://compute.googleapis.com/compute/v1/projects/shop/zones/europe-west1-b/instances/web',
    'europe-west1',
  ],
  ['projects/shop/zones/us-central1-ai1a/instances/train', 'us-central1'],
  ['projects/shop/regions/europe-west1/addresses/nat', 'europe-west1'],
  ['projects/shop/locations/europe-west1/services/orders', 'europe-west1'],
  ['projects/shop/global/addresses/site', 'global'],
])('%s is in %s', (path, region) => {
  expect(regionIn(path)).toBe(region);
});
