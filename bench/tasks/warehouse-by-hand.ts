import { FULL_ACCESS } from '../../collector/src/warehouse/access.ts';
import type { MirroredWarehouse } from '../../collector/src/warehouse/warehouse.ts';
import { median } from '../harness/child.ts';
import { BY_HAND, type ByHand, sumOf } from '../queries/by-hand.ts';
import { ask, rangeOf, untilReady, withWarehouse } from '../queries/opened.ts';
import type { Measured } from './main.ts';
import { since } from './reports.ts';

/**
 * Our queries and the same by hand, by turns on the same connections. Ours are timed whole, from the checked request to the
 * text of the answer; those by hand until the rows are there.
 * @returns facts `ours:n` and `hand:n`, medians in milliseconds, and `agrees:n`, 1 where both came to the same sums
 */
export async function warehouseByHand([
  bucket = '',
  folder = '',
  runs = '15',
]: readonly string[]): Promise<Measured> {
  return withWarehouse(bucket, folder, async ({ warehouse }) => {
    await untilReady(warehouse);
    const start = performance.now();
    const facts: Record<string, number> = {};
    let n = 1;
    for (const [index, one] of BY_HAND.entries()) {
      let agree = true;
      const times = { ours: [] as number[], hand: [] as number[] };
      for (let run = -1; run < Number(runs); run++, n++) {
        const ours = await ask(warehouse, one.panel, n);
        const hand = await byHand(warehouse, one, n);
        agree &&= isSame((one.ours ?? sumOf)(ours.result), hand.sum);
        // The first is for warming up.
        if (run < 0) continue;
        times.ours.push(ours.ms);
        times.hand.push(hand.ms);
      }
      facts[`agrees:${index}`] = agree ? 1 : 0;
      facts[`ours:${index}`] = median(times.ours);
      facts[`hand:${index}`] = median(times.hand);
    }
    return { seconds: since(start), facts };
  });
}

async function byHand(
  warehouse: MirroredWarehouse,
  { panel, statement, sum }: ByHand,
  n: number,
): Promise<{ ms: number; sum: number }> {
  const { from, to } = rangeOf(panel, n);
  const started = performance.now();
  const { rows } = await warehouse.ask(FULL_ACCESS, {}, ({ run }) => run(statement(from, to)));
  return { ms: performance.now() - started, sum: sum(rows) };
}

/** A statement that answers something else would be no measure. */
function isSame(ours: number, hand: number): boolean {
  return Math.abs(ours - hand) <= Math.abs(hand) * 1e-9;
}
