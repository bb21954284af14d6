import { withoutSecrets } from '../secrets/text.ts';

/** `example.org` of `https://example.org:8443/live`, in lower case; anything else as it is. */
export function hostOf(place: string): string {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(place) ? URL.parse(place) : null;
  return (url === null ? place : url.hostname.replace(/^\[|\]$/g, '')).toLowerCase();
}

/** An address without query, fragment and credentials. */
export function withoutAddressSecrets(address: string): string {
  return withoutSecrets(address.replace(/[?#].*$/s, '').replace(/(:\/\/)[^/@\s]*@/, '$1'));
}
