import { expect, it } from 'vitest';
import { exposedName } from './names.ts';

it.each([
  ['A', ['198.51.100.7'], 'x.example.org'],
  ['A', ['10.0.0.7', '192.168.1.1', '0.0.0.0'], null],
  ['A', ['10.0.0.7', '198.51.100.7'], 'x.example.org'],
  ['AAAA', ['2001:db8::7'], 'x.example.org'],
  ['AAAA', ['fd12:3456::7', 'FE80::1', '::1', '::'], null],
  ['CNAME', ['other.example.net.'], 'x.example.org'],
  ['TXT', ['"v=spf1"'], null],
])('a name with %s records %j is exposed as %s', (type, values, name) => {
  expect(exposedName('X.example.org.', type, values, false)).toBe(name);
});
