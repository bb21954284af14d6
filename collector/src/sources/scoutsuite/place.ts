import type { PlaceKind } from './reader.ts';

/** What may stand behind the `@` of a cell. */
const REGION = /^[a-z0-9][a-z0-9-]{0,62}$/;
/** `europe-west1-b` is a zone of `europe-west1`. */
const GCP_ZONE = /^([a-z]+-[a-z]+\d+)-[a-z]$/;

/**
 * A region as cells and fingerprints name it, from a region, location or zone as the report writes it
 * (`West Europe`, `…/zones/us-central1-a`, `EU`); null where it is none.
 */
export function regionName(place: string): string | null {
  const last = place.slice(place.lastIndexOf('/') + 1);
  const word = last.toLowerCase().replace(/\s+/g, '');
  if (!REGION.test(word)) return null;
  return GCP_ZONE.exec(word)?.[1] ?? word;
}

/** Containers whose keys say where a resource is, not what it is. */
export function isPlaceContainer(container: string): container is PlaceKind | 'zones' {
  return (
    container === 'regions' ||
    container === 'subscriptions' ||
    container === 'projects' ||
    container === 'zones'
  );
}
