import { afterAll, expect, it } from 'vitest';
import { type Estate, openEstate } from './estate.ts';

const HOUR = 3_600_000;
let now = Date.UTC(2026, 5, 1);
let estate: Estate | undefined;
afterAll(() => estate?.close());

it('a rule is refused while the bucket has long not been read, so that its alerts keep their state; people are answered', async () => {
  estate = await openEstate(
    () => now,
    () => Promise.resolve(),
    HOUR,
  );
  const query = { type: 'summary', measures: ['expectedScopes'], format: 'numeric' };
  const range = (): { from: number; to: number } => ({ from: now - 24 * HOUR, to: now });
  await expect(estate.ask(query, range(), true)).resolves.toBeDefined();
  now += 6 * HOUR;
  await expect(estate.ask(query, range(), true)).rejects.toThrow(/503.*last read 360 minutes ago/);
  await expect(estate.ask(query, range())).resolves.toBeDefined();
});
