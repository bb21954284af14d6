import { expect, it } from 'vitest';
import { explain } from './explain';

it.each([
  [
    { status: 400, data: { detail: 'No such dimension.', hint: 'Use one of a, b.' } },
    'No such dimension. Use one of a, b.',
  ],
  [{ status: 502, data: { message: 'Nothing answers at http://x.' } }, 'Nothing answers at http://x.'],
  [
    { status: 404, data: { message: 'Not found' } },
    'The server does not know what this plugin asks for: its version of Sightline is older. Update the collector. (Not found)',
  ],
  [{ status: 500, statusText: 'Internal error', data: {} }, 'Internal error'],
  [new Error('no network'), 'no network'],
  [undefined, 'The request failed. The log of Grafana’s server says more.'],
])('%j is explained', (error, said) => {
  expect(explain(error)).toBe(said);
});
