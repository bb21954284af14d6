import { setTimeout as sleep } from 'node:timers/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { go, hasGo } from '../../plugin/tools/go.ts';
import { emptyFolder, start, type Started } from '../cli/support.ts';
import { missingGo } from './support.ts';

const reason = hasGo() ? null : missingGo("the backend's tests");
/** Where nothing is compiled yet, a loaded machine of two cores takes minutes. */
const COMPILED_MS = 900_000;

describe.skipIf(reason !== null)('the backend of the plugin', () => {
  let collector: Started;

  beforeAll(async () => {
    const store = path.join(emptyFolder(), 'estate');
    collector = await start(['demo', '--weeks', '4', '--store', store, '--serve', '--port', '0']);
    await ready(collector.url);
  }, 300_000);
  afterAll(() => collector.stop());

  it(
    'passes its own tests, also against a running collector with the sample estate',
    async () => {
      const env = { SIGHTLINE_URL: collector.url };
      const { code, output } = await go(['test', '-count=1', '-v', './pkg/...'], { env });
      expect(code, output).toBe(0);
      expect(output).toMatch(/^--- PASS: TestEveryTypeOfQuery/m);
      expect(output).not.toMatch(/^--- SKIP/m);
    },
    COMPILED_MS,
  );
});

async function ready(url: string): Promise<void> {
  const end = Date.now() + 60_000;
  while (Date.now() < end) {
    const status = (await (await fetch(`${url}/api/v1/status`)).json()) as { warehouse: { state: string } };
    if (status.warehouse.state === 'ready') return;
    await sleep(100);
  }
  throw new Error('the collector did not become ready within a minute');
}
