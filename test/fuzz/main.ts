import { fuzzReports } from './reports.ts';

/** `npm run fuzz -- [minutes]`: mutates all fixtures with ever new seeds, until the time is over or something breaks. */
const minutes = Number(process.argv[2] ?? 5);
if (!Number.isFinite(minutes) || minutes <= 0) throw new Error('usage: npm run fuzz -- [minutes]');
const end = Date.now() + minutes * 60_000;
for (let seed = Date.now() >>> 0; Date.now() < end; seed += 1_000_003) {
  const { read, refused } = await fuzzReports(seed, 20);
  console.log(`seed ${seed}: ${read} read, ${refused} refused`);
}
