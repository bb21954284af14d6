import { type ETag, type ObjectStore, PreconditionFailedError, UnknownOutcomeError } from './object-store.ts';

const OPTIONS = { contentType: 'application/json', cacheControl: 'no-store' };

/**
 * A conditional write that says whether it won. Each body has to be one that nobody else writes (it holds a nonce): after a refusal
 * or an answer that did not come the key is read, since S3's client repeats a write of its own and is then refused by it.
 * @returns the token of what was written; null: somebody else was faster
 * @throws StoreError when the store does not answer
 */
export async function swap(
  store: ObjectStore,
  key: string,
  body: Uint8Array,
  expected: ETag | null,
): Promise<ETag | null> {
  try {
    return await store.replace(key, body, expected, OPTIONS);
  } catch (error) {
    if (!(error instanceof PreconditionFailedError || error instanceof UnknownOutcomeError)) throw error;
    const there = await store.get(key);
    if (there !== undefined && there.body.equals(body)) return there.etag;
    if (error instanceof UnknownOutcomeError && (there?.etag ?? null) === expected) throw error;
    return null;
  }
}
