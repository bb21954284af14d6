import { expect, it } from 'vitest';
import { randomFrom } from '../support/random.ts';
import { fixtures, fuzzReports, tryRead } from './reports.ts';

it('reads or refuses every mutated fixture, and nothing else', async () => {
  const { read, refused } = await fuzzReports(20260105, 25);
  expect(read).toBeGreaterThan(0);
  expect(refused).toBeGreaterThan(100);
});

it('refuses every JSON and XML report that is cut off', async () => {
  const random = randomFrom(7);
  for (const { name, bytes } of fixtures()) {
    const whole = bytes.toString('latin1').trimEnd();
    // One document only: of several the first ones may well be all that there is. An empty list has nothing to cut.
    if (!/^(\[|\{|<|scoutsuite)/.test(whole) || whole.length < 100 || /\}\s*\{/.test(whole)) continue;
    for (let round = 0; round < 20; round++) {
      const cut = 1 + Math.floor(random() * (whole.length - 3));
      expect(await tryRead(name, bytes.subarray(0, cut)), `${name} cut at ${cut}`).toBe('refused');
    }
  }
});
