import type { Random } from '../support/random.ts';

type Mutation = (bytes: Buffer, random: Random) => Buffer;

const at = (bytes: Buffer, random: Random): number => Math.floor(random() * bytes.length);

/** Bytes that mean something to some reader. */
const LOADED = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  '\\',
  '\0',
  '\n',
  ';',
  '-',
  '1e999',
  'null',
  'true',
  '\uFEFF',
  '\\ud800',
  '<',
  '=cmd()',
];

const MUTATIONS: readonly Mutation[] = [
  function flipBit(bytes, random) {
    const copy = Buffer.from(bytes);
    const place = at(copy, random);
    copy[place] = (copy[place] ?? 0) ^ (1 << Math.floor(random() * 8));
    return copy;
  },
  function truncate(bytes, random) {
    return bytes.subarray(0, at(bytes, random));
  },
  function insertLoaded(bytes, random) {
    const place = at(bytes, random);
    const text = LOADED[Math.floor(random() * LOADED.length)] ?? '';
    return Buffer.concat([bytes.subarray(0, place), Buffer.from(text), bytes.subarray(place)]);
  },
  function removeSpan(bytes, random) {
    const start = at(bytes, random);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + 1 + Math.floor(random() * 200))]);
  },
  function repeatSpan(bytes, random) {
    const start = at(bytes, random);
    const span = bytes.subarray(start, start + 1 + Math.floor(random() * 400));
    return Buffer.concat([bytes.subarray(0, start), span, bytes.subarray(start)]);
  },
  function swapWord(bytes, random) {
    const words = [
      'PASS',
      'FAIL',
      'danger',
      'warning',
      'items',
      'findings',
      'services',
      'region',
      'account',
      'severity',
      'status',
      'results',
      'uri',
    ];
    const word = words[Math.floor(random() * words.length)] ?? '';
    const place = bytes.indexOf(word, at(bytes, random));
    if (place < 0) return bytes.subarray(0);
    const other = ['0', 'null', '', 'PASS', '{}', 'é漢'][Math.floor(random() * 6)] ?? '';
    return Buffer.concat([bytes.subarray(0, place), Buffer.from(other), bytes.subarray(place + word.length)]);
  },
  function twoDocuments(bytes) {
    return Buffer.concat([bytes, bytes]);
  },
];

/** One to three mutations of the bytes, and their names. */
export function mutate(bytes: Buffer, random: Random): { bytes: Buffer; names: string[] } {
  const names: string[] = [];
  let mutated = bytes;
  const rounds = 1 + Math.floor(random() * 3);
  for (let round = 0; round < rounds && mutated.length > 0; round++) {
    const mutation = MUTATIONS[Math.floor(random() * MUTATIONS.length)];
    if (mutation === undefined) continue;
    mutated = mutation(mutated, random);
    names.push(mutation.name);
  }
  return { bytes: mutated, names };
}
