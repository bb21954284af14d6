/** What Fernhollow has beside its cloud accounts: the scope of a scan, and whose it is. */
export interface Place {
  readonly cloud: 'aws' | 'network' | 'web' | 'container' | 'code' | 'kubernetes';
  readonly account: string;
  readonly name: string;
  readonly team: string;
  readonly environment: string;
}

const production = { environment: 'production' } as const;

export const PERIMETER: Place = {
  cloud: 'network',
  account: 'perimeter',
  name: 'perimeter',
  team: 'network',
  ...production,
};
/** The account through which most of what is exposed is reached. */
export const EDGE: Place = {
  cloud: 'aws',
  account: '444455556666',
  name: 'prod-storefront',
  team: 'web',
  ...production,
};
export const SHOP: Place = {
  cloud: 'web',
  account: 'https://shop.fernhollow.example',
  name: 'shop',
  team: 'web',
  ...production,
};
export const PARTNERS: Place = {
  cloud: 'web',
  account: 'https://partners.fernhollow.example',
  name: 'partners',
  team: 'payments',
  ...production,
};
export const IMAGE_WEB: Place = {
  cloud: 'container',
  account: 'registry.fernhollow.example/shop/web',
  name: 'shop/web',
  team: 'web',
  ...production,
};
export const IMAGE_API: Place = {
  cloud: 'container',
  account: 'registry.fernhollow.example/payments/api',
  name: 'payments/api',
  team: 'payments',
  ...production,
};
export const IMAGE_ETL: Place = {
  cloud: 'container',
  account: 'registry.fernhollow.example/data/etl',
  name: 'data/etl',
  team: 'data',
  ...production,
};
export const REPOSITORY: Place = {
  cloud: 'code',
  account: 'git.fernhollow.example/shop/storefront',
  name: 'storefront',
  team: 'web',
  environment: 'development',
};
export const CLUSTER: Place = {
  cloud: 'kubernetes',
  account: 'prod-eu',
  name: 'prod-eu',
  team: 'platform',
  ...production,
};

export const IMAGES: readonly Place[] = [IMAGE_WEB, IMAGE_API, IMAGE_ETL];
export const PLACES: readonly Place[] = [PERIMETER, SHOP, PARTNERS, ...IMAGES, REPOSITORY, CLUSTER];
