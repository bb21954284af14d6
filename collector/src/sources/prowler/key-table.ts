export const HASH_START = 0x811c9dc5 | 0;

/** One step of FNV-1a. */
export function hashStep(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}

const SLOTS = 256;

/** Finds the number of a key from its bytes without making a string of them. For a few dozen ASCII keys. */
export class KeyTable {
  readonly #keys: readonly Buffer[];
  readonly #slots = new Int16Array(SLOTS).fill(-1);

  constructor(keys: readonly string[]) {
    this.#keys = keys.map((key) => Buffer.from(key, 'latin1'));
    this.#keys.forEach((key, index) => {
      let slot = key.reduce(hashStep, HASH_START) & (SLOTS - 1);
      while (this.#slots[slot] !== -1) slot = (slot + 1) & (SLOTS - 1);
      this.#slots[slot] = index;
    });
  }

  /** Position in the list of keys, -1 for another key. `hash` is of the bytes `[from, to)`. */
  find(bytes: Buffer, from: number, to: number, hash: number): number {
    for (let slot = hash & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
      const index = this.#slots[slot] ?? -1;
      if (index === -1) return -1;
      const key = this.#keys[index];
      if (key !== undefined && matches(key, bytes, from, to)) return index;
    }
  }
}

function matches(key: Buffer, bytes: Buffer, from: number, to: number): boolean {
  if (key.length !== to - from) return false;
  for (let i = 0; i < key.length; i++) if (key[i] !== bytes[from + i]) return false;
  return true;
}
