import { z } from 'zod';
import type { AzureApi } from '../../../cloud/azure.ts';
import { CloudRefusal } from '../../../cloud/http.ts';
import { asked } from '../found.ts';
import type { ListFinder, ListPlace } from '../lists.ts';

export type AzureFinder = ListFinder<AzureApi>;
export type AzurePlace = ListPlace<AzureApi>;

/** What every resource has. Services leave out, or give as null, what is empty. */
export const resource = z.object({
  id: z.string(),
  name: z.string(),
  location: z.string().nullish(),
  tags: z.record(z.string(), z.string()).nullish(),
});
export type Resource = z.infer<typeof resource>;

/** A reference to another resource. */
export const reference = z.object({ id: z.string() }).nullish();

/**
 * All resources of a type in the subscription, in all its regions.
 * @param type `Microsoft.Network/publicIPAddresses`: its list needs the right to read it
 * @throws Refused
 */
export function listed<T>(
  { api, account }: AzurePlace,
  type: string,
  version: string,
  item: z.ZodType<T>,
): Promise<T[]> {
  return asked(`${type}/read`, () =>
    unlessUnregistered(() =>
      api.list(`/subscriptions/${account}/providers/${type}?api-version=${version}`, item),
    ),
  );
}

/** What belongs to a resource: its slots, records, endpoints. @throws Refused */
export function below<T>(
  { api }: AzurePlace,
  parent: Resource,
  part: { readonly path: string; readonly right: string; readonly version: string },
  item: z.ZodType<T>,
): Promise<T[]> {
  return asked(part.right, () => api.list(`${parent.id}/${part.path}?api-version=${part.version}`, item));
}

/** A service that the subscription never registered has nothing there. */
async function unlessUnregistered<T>(list: () => Promise<T[]>): Promise<T[]> {
  try {
    return await list();
  } catch (error) {
    if (error instanceof CloudRefusal && error.code === 'MissingSubscriptionRegistration') return [];
    throw error;
  }
}
