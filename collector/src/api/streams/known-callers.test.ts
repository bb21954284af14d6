import { describe, expect, it } from 'vitest';
import { FULL_ACCESS } from '../../warehouse/access.ts';
import { KnownCallers } from './known-callers.ts';

function withClock(): { callers: KnownCallers; pass: (ms: number) => void } {
  let now = 0;
  return { callers: new KnownCallers(() => now), pass: (ms) => (now += ms) };
}

describe('callers that are known', () => {
  it('are nobody until the server has found out about them', () => {
    const { callers } = withClock();
    expect(callers.get('a')).toBeNull();
    callers.asked('a');
    expect(callers.get('a')).toBeNull();
    callers.set('a', FULL_ACCESS);
    expect(callers.get('a')).toBe(FULL_ACCESS);
    expect(callers.get('b')).toBeNull();
  });

  it('are asked about again after a few seconds, by one request while the others go on', () => {
    const { callers, pass } = withClock();
    callers.set('a', FULL_ACCESS);
    pass(5_001);
    expect(callers.get('a')).toBeNull();
    expect(callers.get('a')).toBe(FULL_ACCESS);
    callers.set('a', FULL_ACCESS);
    callers.asked('a');
    pass(4_000);
    expect(callers.get('a')).toBe(FULL_ACCESS);
  });

  it('are unknown as soon as that request was refused: a token that was revoked', () => {
    const { callers, pass } = withClock();
    callers.set('a', FULL_ACCESS);
    pass(5_001);
    expect(callers.get('a')).toBeNull();
    callers.asked('a');
    expect(callers.get('a')).toBeNull();
  });

  it('are unknown when nobody could find out for a while', () => {
    const { callers, pass } = withClock();
    callers.set('a', FULL_ACCESS);
    pass(5_001);
    expect(callers.get('a')).toBeNull();
    pass(10_000);
    expect(callers.get('a')).toBeNull();
  });
});
