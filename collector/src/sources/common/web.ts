import { withoutSecrets } from '../secrets/text.ts';

/** An address without query, fragment and credentials. */
export function withoutAddressSecrets(address: string): string {
  return withoutSecrets(address.replace(/[?#].*$/s, '').replace(/(:\/\/)[^/@\s]*@/, '$1'));
}
