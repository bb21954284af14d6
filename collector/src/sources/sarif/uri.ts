import { withoutAddressSecrets } from '../common/web.ts';

/** `https://…`, `git+ssh://…`, but no file: in its name a question mark is one. */
const ADDRESS = /^(?!file:)[a-z][a-z0-9+.-]*:\/\//i;

/** An address without its credentials and the values in its query; a file as it is. */
export function withoutUriSecrets(uri: string): string {
  return ADDRESS.test(uri) ? withoutAddressSecrets(uri) : uri;
}

/** An address, or a path within the repository as far as it can be told: without the scheme, percent codes and `./`. */
export function placeOfUri(uri: string): string {
  let path = withoutUriSecrets(uri)
    .replace(/^file:\/\//i, '')
    .replace(/\\/g, '/');
  try {
    path = decodeURIComponent(path);
  } catch {
    // A percent sign of its own.
  }
  return path.replace(/^(?:\.\/)+/, '');
}
