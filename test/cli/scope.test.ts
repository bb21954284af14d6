import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Estate, findingsOf, makeEstate, PAYMENTS, reportOf, SANDBOX, scanned } from './estate.ts';
import { jsonOf } from './run.ts';

const scope = `prowler/aws/${SANDBOX}`;

describe('sightline scope', () => {
  let estate: Estate;
  beforeAll(async () => {
    estate = await makeEstate();
  });
  afterAll(async () => {
    await estate.remove();
  });

  it('lists every scope with what is open in it', async () => {
    const rows = await jsonOf(estate.run, 'scope', 'list');
    expect(rows).toMatchObject([
      { scope: `prowler/aws/${PAYMENTS}`, generation: 1, seq: 2, outcome: 'complete', retired: false },
      { scope, generation: 1, seq: 1, outcome: 'complete' },
    ]);
    const { findings } = await findingsOf(estate.run, '--account', SANDBOX, '--all');
    const open: Record<string, number> = { CRITICAL: 0, HIGH: 0, MEDIUM: 0, LOW: 0, INFORMATIONAL: 0 };
    for (const { severity } of findings) open[severity] = (open[severity] ?? 0) + 1;
    expect(rows[1]).toMatchObject({ open });
    const { stdout } = await estate.run(['scope', 'list']);
    expect(stdout).toContain(`${scope} `);
    expect(stdout).toMatch(/\n2 scopes\n$/);
  });

  it('retires an account: its findings are retired, not fixed, until it is scanned again', async () => {
    const open = await findingsOf(estate.run, '--account', SANDBOX);
    const args = ['scope', 'retire', scope, '--reason', 'closed'];
    expect((await estate.run(args)).stdout).toBe(
      `${scope} is retired, and with it ${open.matched} findings\n`,
    );
    expect((await estate.run(args)).stdout).toBe(`${scope} was retired before\n`);
    expect((await findingsOf(estate.run, '--account', SANDBOX, '--status', 'retired')).matched).toBe(
      open.matched,
    );
    expect((await findingsOf(estate.run, '--account', SANDBOX, '--status', 'fixed')).matched).toBe(0);

    await estate.ingest({ 'again.ocsf.json': reportOf(await scanned(), SANDBOX, 0) });
    expect((await findingsOf(estate.run, '--account', SANDBOX)).matched).toBe(open.matched);
    expect((await jsonOf(estate.run, 'scope', 'list'))[1]).toMatchObject({ scope, retired: false });
  });

  it('knows no other', async () => {
    const { code, stderr } = await estate.run([
      'scope',
      'retire',
      'prowler/aws/210987654322',
      '--reason',
      'closed',
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain(`Did you mean ${scope}?`);
  });
});
