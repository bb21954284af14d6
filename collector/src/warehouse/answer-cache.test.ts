import { describe, expect, it } from 'vitest';
import { AnswerCache, weightOf } from './answer-cache.ts';

const MIB = 1 << 20;

async function ask(cache: AnswerCache<string>, key: string, value: string, version = '1'): Promise<boolean> {
  const answer = await cache.get(key, version, undefined, () => Promise.resolve(value));
  expect(answer.value).toBe(value);
  return answer.cached;
}

describe('kept answers', () => {
  it('have a bound on what they take, and the one that was used last goes last', async () => {
    const cache = new AnswerCache<string>(weightOf);
    const page = 'x'.repeat(15 * MIB);
    for (const key of ['a', 'b', 'c', 'd']) expect(await ask(cache, key, page)).toBe(false);
    expect(await ask(cache, 'a', page)).toBe(true);
    expect(await ask(cache, 'e', page)).toBe(false);
    expect(await ask(cache, 'a', page)).toBe(true);
    expect(await ask(cache, 'b', page)).toBe(false);
  });

  it('are never one that is larger than all may be', async () => {
    const cache = new AnswerCache<string>(weightOf);
    const huge = 'x'.repeat(65 * MIB);
    expect(await ask(cache, 'a', huge)).toBe(false);
    expect(await ask(cache, 'a', huge)).toBe(false);
    expect(await ask(cache, 'b', 'small')).toBe(false);
    expect(await ask(cache, 'b', 'small')).toBe(true);
  });

  it('leave no weight behind when the state changes, nor when making one fails', async () => {
    const cache = new AnswerCache<string>(weightOf);
    const page = 'x'.repeat(30 * MIB);
    for (const version of ['1', '2', '3']) {
      expect(await ask(cache, 'a', page, version)).toBe(false);
      const failing = cache.get('f', version, undefined, () => Promise.reject(new Error('no')));
      await expect(failing).rejects.toThrow('no');
      expect(await ask(cache, 'a', page, version)).toBe(true);
      expect(await ask(cache, 'f', page, version)).toBe(false);
      expect(await ask(cache, 'a', page, version)).toBe(true);
    }
  });

  it('weigh what they hold, however deep', () => {
    expect(weightOf({ rows: [['abcd', 1], [null]] })).toBeGreaterThanOrEqual(4 + 7 * 16);
    expect(weightOf({ names: new Map([['a', 'x'.repeat(1000)]]) })).toBeGreaterThan(1000);
  });
});
