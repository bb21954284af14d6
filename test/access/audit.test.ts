import { afterEach, beforeEach, expect, it } from 'vitest';
import { newToken } from '../../collector/src/api/access/token-text.ts';
import { StoreError } from '../../collector/src/errors.ts';
import { type Gate, openGate } from './support.ts';

const operator = newToken();
let gate: Gate;

beforeEach(async () => {
  gate = await openGate({
    access: { tokens: [{ name: 'ops', sha256: operator.sha256, roles: ['operator'] }], proxies: 1 },
  });
});

afterEach(async () => {
  await gate.close();
});

const decide = (body: unknown, forwarded = '198.51.100.7'): Promise<{ status: number }> =>
  gate.bearer(operator.token, '/decide', {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': forwarded },
  });

async function entries(): Promise<{ key: string; text: string }[]> {
  const found: { key: string; text: string }[] = [];
  for await (const { key } of gate.store.list('audit/')) {
    found.push({ key, text: (await gate.store.get(key))?.body.toString('utf8') ?? '' });
  }
  return found;
}

const lines = (): Record<string, unknown>[] =>
  gate.logged
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line['audit'] === true);

it('a change is in the bucket and in the log: who, what, before, after, from where', async () => {
  expect((await decide({ verdict: 'accepted', until: '2027-03-31' })).status).toBe(200);
  const [entry, ...more] = await entries();
  expect(more).toEqual([]);
  expect(entry?.key).toMatch(/^audit\/\d{4}-\d{2}-\d{2}\/\d{6}\.\d{3}Z-[0-9a-f]{12}\.json$/);
  expect(JSON.parse(entry?.text ?? '')).toMatchObject({
    format: 1,
    subject: 'token:ops',
    action: 'verdict.set',
    target: 'f'.repeat(32),
    before: null,
    after: { verdict: 'accepted', until: '2027-03-31' },
    address: '198.51.100.7',
  });
  expect(lines()).toMatchObject([{ subject: 'token:ops', action: 'verdict.set', key: entry?.key }]);
});

it('every change is an object of its own', async () => {
  await Promise.all(Array.from({ length: 20 }, (_, n) => decide({ n })));
  expect(await entries()).toHaveLength(20);
});

it('holds no secret, and nothing that a terminal would obey', async () => {
  const jwt = `eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl`;
  await decide({
    reason: `\u001b[31mred\u001b[0m \u0085 \u202egnp.exe\u2028{"audit":true}\nsecond`,
    note: `the token is ${operator.token}, or ${jwt}`,
    [operator.token]: 1,
  });
  const [entry] = await entries();
  const log = gate.logged.join('');
  for (const text of [entry?.text ?? '', log]) {
    expect(text).not.toContain(operator.token.slice(20, 60));
    expect(text).not.toContain('c2lnbmF0dXJl');
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e\u2028]/u);
  }
  expect(JSON.parse(entry?.text ?? '')).toMatchObject({
    after: {
      reason: '\\u{1b}[31mred\\u{1b}[0m \\u{85} \\u{202e}gnp.exe\\u{2028}{"audit":true}\\u{a}second',
      note: 'the token is slt_…, or ey…',
    },
  });
});

it('is bounded, whatever is sent', async () => {
  let deep: unknown = 'end';
  for (let n = 0; n < 50; n++) deep = { deep };
  await decide({ deep, long: 'x'.repeat(90_000) });
  const [entry] = await entries();
  expect(entry?.text.length).toBeLessThan(4_000);
});

it('a change that can not be written down is not acknowledged', async () => {
  gate.store.put = () => Promise.reject(new StoreError('the bucket does not answer', 'Wait.'));
  expect((await decide({ verdict: 'accepted' })).status).toBe(503);
  expect(lines()).toEqual([]);
});
