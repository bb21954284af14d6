import { randomFrom } from '../../test/support/random.ts';

export { randomFrom as randomOf };

/** `digits` hexadecimal digits that depend on the arguments alone: ids as AWS makes them. */
export function hexOf(seed: number, index: number, digits = 16): string {
  const random = randomFrom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  let text = '';
  while (text.length < digits)
    text += Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return text.slice(0, digits);
}

/** A small number that spells a text, for seeds by name. */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
