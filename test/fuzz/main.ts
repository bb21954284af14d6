import { fuzzQueries, startQueryFuzz } from './queries.ts';
import { fuzzReports } from './reports.ts';

/**
 * `npm run fuzz -- [minutes]`: mutates all fixtures, and asks the query API whatever its schema nearly allows, with ever new
 * seeds, until the time is over or something breaks.
 */
const minutes = Number(process.argv[2] ?? 5);
if (!Number.isFinite(minutes) || minutes <= 0) throw new Error('usage: npm run fuzz -- [minutes]');
const end = Date.now() + minutes * 60_000;
const api = await startQueryFuzz();
try {
  for (let seed = Date.now() & 0x7fffffff; Date.now() < end; seed = (seed + 1_000_003) & 0x7fffffff) {
    const { read, refused } = await fuzzReports(seed, 20);
    const queries = await fuzzQueries(api, seed, 200);
    console.log(
      `seed ${seed}: reports ${read} read, ${refused} refused; queries ${queries.answered} answered, ${queries.refused} refused`,
    );
  }
} finally {
  await api.close();
}
