/** Parquet's PLAIN encoding of the few types that our tables have. */

const LENGTH_BYTES = 4;
const ID_BYTES = 16;

export function plainTexts(values: readonly unknown[]): Uint8Array {
  let total = 0;
  for (const value of values) total += LENGTH_BYTES + Buffer.byteLength(textOf(value));
  const bytes = Buffer.allocUnsafe(total);
  let at = 0;
  for (const value of values) {
    const length = bytes.write(textOf(value), at + LENGTH_BYTES);
    at = bytes.writeUInt32LE(length, at) + length;
  }
  return bytes;
}

export function plainJson(values: readonly unknown[]): Uint8Array {
  return plainTexts(values.map((value) => JSON.stringify(value)));
}

/** Of 32 hexadecimal digits each. */
export function plainIds(values: readonly unknown[]): Uint8Array {
  const bytes = Buffer.alloc(values.length * ID_BYTES);
  for (const [index, value] of values.entries()) {
    const written = bytes.write(textOf(value), index * ID_BYTES, ID_BYTES, 'hex');
    if (written !== ID_BYTES) throw new TypeError('an id does not have 32 hexadecimal digits');
  }
  return bytes;
}

export function plainInts(values: readonly unknown[]): Uint8Array {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeInt32LE(numberOf(value), index * 4);
  return bytes;
}

export function plainDoubles(values: readonly unknown[]): Uint8Array {
  const bytes = Buffer.alloc(values.length * 8);
  for (const [index, value] of values.entries()) bytes.writeDoubleLE(numberOf(value), index * 8);
  return bytes;
}

/** Milliseconds since the epoch. */
export function plainTimes(values: readonly unknown[]): Uint8Array {
  const bytes = Buffer.alloc(values.length * 8);
  for (const [index, value] of values.entries()) bytes.writeBigInt64LE(BigInt(numberOf(value)), index * 8);
  return bytes;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`a column of texts holds a ${typeof value}`);
}

function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  throw new TypeError(`a column of numbers holds a ${typeof value}`);
}
