import { describe, expect, it } from 'vitest';
import { ReportError } from '../../errors.ts';
import { bufferInput } from '../input/index.ts';
import { fixture, fixtureNames, readBytes } from './fixtures.ts';
import { prowler } from './index.ts';

type Json = Record<string, unknown>;

function elements(name: string): Json[] {
  return JSON.parse(fixture(name).toString()) as Json[];
}

async function failure(bytes: Uint8Array | string): Promise<ReportError> {
  const outcome = await readBytes(bytes).catch((error: unknown) => error);
  if (outcome instanceof ReportError) return outcome;
  throw new Error(`expected a ReportError, not ${String(outcome)}`);
}

/** The same values under the same keys, written in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  );
}

describe('detection', () => {
  it.each(fixtureNames())('knows %s as a report of Prowler', (name) => {
    expect(prowler.detect(fixture(name).toString('utf8', 0, 64 * 1024))).toBe(true);
  });

  it.each([
    ['ScoutSuite', 'scoutsuite_results =\n{"account_id":"1"}'],
    [
      'OCSF of another product',
      '[{"metadata":{"product":{"name":"Trivy"}},"class_uid":2004,"status_code":"FAIL"}]',
    ],
    [
      'ASFF of Security Hub',
      '[{"GeneratorId":"security-control/S3.1","ProductFields":{"aws/securityhub/ProductName":"Security Hub"}}]',
    ],
    [
      'OCSF that mentions Prowler',
      '[{"message":"see \\"product\\":{\\"name\\":\\"Prowler\\"}","metadata":{"product":{"name":"x"}}}]',
    ],
    [
      'the compliance CSV beside the report',
      'PROVIDER;DESCRIPTION;ACCOUNTID;REGION;ASSESSMENTDATE;REQUIREMENTS_ID;STATUS;CHECKID\n',
    ],
    ['an empty object', '{}'],
    ['a list of lists', '[[]]'],
    ['text', 'hello'],
  ])('does not claim %s', (_, head) => {
    expect(prowler.detect(head)).toBe(false);
  });
});

describe('key order and layout', () => {
  it('of an OCSF element do not matter', async () => {
    for (const name of ['azure.ocsf.json', 'kubernetes.ocsf.json', 'v3.ocsf.json']) {
      const turned = JSON.stringify(reversed(elements(name)));
      expect(await readBytes(turned)).toEqual(await readBytes(fixture(name)));
    }
  });

  it('make an array and one element a line the same report', async () => {
    const lines = elements('azure.ocsf.json').map((element) => JSON.stringify(element));
    const expected = await readBytes(fixture('azure.ocsf.json'));
    expect(await readBytes(lines.join('\n'))).toEqual(expected);
    expect(await readBytes(lines.map((line) => `[${line}]`).join(''))).toEqual(expected);
    expect(await readBytes('\uFEFF' + fixture('azure.ocsf.json').toString())).toEqual(expected);
  });

  it('of CSV rows with Windows line ends or a byte order mark change nothing', async () => {
    const text = fixture('gcp.csv').toString();
    const expected = await readBytes(text);
    expect(await readBytes('\uFEFF' + text)).toEqual(expected);
    expect(await readBytes(text.replaceAll('\r\n', '\n'))).toEqual(expected);
  });
});

describe('the two ways through OCSF', () => {
  /** An escape in a key is what the fast way leaves to the thorough one. */
  function withEscapes(text: string, every: number): string {
    let count = 0;
    return text.replace(/"status_code"/g, (key) => (count++ % every === 0 ? '"status\\u005fcode"' : key));
  }

  it('come to the same report, alone and mixed', async () => {
    const text = fixture('probe.ocsf.json.gz').toString();
    const fast = await readBytes(text);
    expect(await readBytes(withEscapes(text, 1))).toEqual(fast);
    expect(await readBytes(withEscapes(text, 3))).toEqual(fast);
  });

  it('do not mix up what neighbours have in common', async () => {
    const [first, second, third] = elements('azure.ocsf.json');
    const rows = [first, third, second, first, third, third, first].map((row, index) =>
      withEscapes(JSON.stringify({ ...row, finding_info: { uid: `u${index}` } }), index % 2 === 0 ? 1 : 2),
    );
    const reports = await readBytes(`[${rows.join(',')}]`);
    expect(reports.map(({ accountName, passed }) => [accountName, passed])).toEqual([
      ['Production', 1],
      ['Test', 0],
    ]);
    expect(reports.map(({ observations }) => observations.map(({ occurrences }) => occurrences))).toEqual([
      [3],
      [3],
    ]);
  });

  it('read escapes, other scripts and elements longer than a window', async () => {
    const [first] = elements('azure.ocsf.json');
    const long = 'ö'.repeat(3_000_000);
    const odd = { ...first, status_detail: 'Größe "x" \\ 日本', risk_details: long };
    const [report] = await readBytes(JSON.stringify([first, odd, first]));
    expect(report?.checks.get('vm')?.flagged).toBe(3);
    const [alone] = await readBytes(JSON.stringify([odd]));
    expect(alone?.observations[0]?.description).toBe('Größe "x" \\ 日本');
  });
});

describe('rows that say the same', () => {
  it('are one finding that occurred twice', async () => {
    const [first] = elements('azure.ocsf.json');
    const [report] = await readBytes(JSON.stringify([first, first]));
    expect(report?.observations.map(({ occurrences }) => occurrences)).toEqual([2]);
    expect(report?.checks.get('vm')).toEqual({ checked: 2, flagged: 2, resources: 1 });
  });

  it('of redacted resources are as many findings, for they may be different ones', async () => {
    const text = JSON.stringify(elements('azure.ocsf.json').slice(0, 1)).replace(
      /"uid":"\/subscr[^"]*"/,
      '"uid":"<resource_uid>"',
    );
    const [report] = await readBytes(text.replace(/^\[(.*)\]$/s, '[$1,$1]'));
    expect(new Set(report?.observations.map(({ fingerprint }) => fingerprint)).size).toBe(2);
  });

  it('differ by neither severity nor sentence nor title', async () => {
    const [first] = elements('azure.ocsf.json');
    const next = { ...first, severity: 'Low', status_detail: 'Other words.', time_dt: '2027-01-01T00:00:00' };
    const [before] = await readBytes(JSON.stringify([first]));
    const [after] = await readBytes(JSON.stringify([next]));
    expect(after?.observations[0]?.severity).toBe('LOW');
    expect(after?.observations[0]?.fingerprint).toBe(before?.observations[0]?.fingerprint);
  });

  it('keep a failure that also passed, in either order', async () => {
    const [first] = elements('azure.ocsf.json');
    const passing = { ...first, status_code: 'PASS' };
    for (const rows of [
      [first, passing],
      [passing, first],
    ]) {
      const [report] = await readBytes(JSON.stringify(rows));
      expect([report?.observations.length, report?.passed]).toEqual([1, 1]);
    }
  });
});

describe('a severity', () => {
  it('that is missing is MEDIUM with no word of its own, an unknown one keeps its word', async () => {
    const [first] = elements('azure.ocsf.json');
    const [missing] = await readBytes(JSON.stringify([{ ...first, severity: undefined }]));
    const [odd] = await readBytes(JSON.stringify([{ ...first, severity: 'Unknown' }]));
    expect(missing?.observations[0]).toMatchObject({ severity: 'MEDIUM', severityOriginal: null });
    expect(odd?.observations[0]).toMatchObject({ severity: 'MEDIUM', severityOriginal: 'Unknown' });
  });
});

describe('times', () => {
  it('of --unix-timestamp are seconds', async () => {
    const [first] = elements('azure.ocsf.json');
    const [report] = await readBytes(JSON.stringify([{ ...first, time_dt: 1772446830 }]));
    expect(report?.observedAt).toBe(1772446830_000);
  });

  it('are taken from the seconds of `time` where there is nothing better', async () => {
    const [first, second] = elements('azure.ocsf.json');
    const [report] = await readBytes(
      JSON.stringify([first, second].map((x) => ({ ...x, time_dt: undefined }))),
    );
    expect(report?.observedAt).toBe(1772446830_000);
  });

  it('that name a zone are moved to UTC', async () => {
    const [first] = elements('azure.ocsf.json');
    const [report] = await readBytes(JSON.stringify([{ ...first, time_dt: '2026-03-02T11:20:30+01:00' }]));
    expect(report?.observedAt).toBe(Date.UTC(2026, 2, 2, 10, 20, 30));
  });
});

describe('a wrong shape is an error, never zero findings', () => {
  it('names the element and its place when it has no status or no check', async () => {
    const [first, second] = elements('azure.ocsf.json');
    const without = JSON.stringify([first, { ...second, status_code: undefined, status: undefined }]);
    const error = await failure(without);
    expect(error).toMatchObject({
      code: 'wrong_shape',
      exitCode: 3,
      offset: JSON.stringify(first).length + 2,
    });
    expect(error.message).toContain('element 1');
    const unnamed = { ...first, metadata: { product: { name: 'Prowler' } } };
    expect((await failure(JSON.stringify([unnamed]))).message).toContain('event_code');
  });

  it('of two products in one file', async () => {
    const [first] = elements('azure.ocsf.json');
    const other = { ...first, metadata: { event_code: 'x', product: { name: 'Trivy' } } };
    expect(await failure(JSON.stringify([first, other]))).toMatchObject({ code: 'wrong_shape' });
    const asff = fixture('muted.asff.ndjson').toString();
    const mixed = asff + (asff.split('\n')[0] ?? '').replace(/prowler/gi, 'inspector');
    expect(await failure(mixed)).toMatchObject({ code: 'wrong_shape' });
  });

  it('of something that is no report of Prowler', async () => {
    for (const text of ['{}', 'null', '[1]', '[[]]', 'hello', '[] {"a":1}', '[{"metadata":{}}]']) {
      expect(await failure(text)).toMatchObject({ code: 'wrong_shape' });
    }
  });

  it('of an empty file', async () => {
    for (const text of ['', ' \n', '\uFEFF']) expect(await failure(text)).toMatchObject({ code: 'empty' });
  });

  it('of a CSV row without a check, a status or an account', async () => {
    const text = fixture('gcp.csv').toString();
    expect((await failure(text.replace(';apikeys_key_exists;', ';;'))).message).toContain('CHECK_ID');
    expect((await failure(text.replace(';PASS;', ';;'))).message).toContain('STATUS');
    expect((await failure(text.replace(';shop-prod-1;Shop', ';;Shop'))).message).toContain('ACCOUNT_UID');
  });

  it('of a CSV row in the middle that has too few or too many fields', async () => {
    const lines = fixture('gcp.csv').toString().split('\r\n');
    const short = lines.with(2, 'a;b').join('\r\n');
    const long = lines.with(3, `${lines[3] ?? ''};more`).join('\r\n');
    expect(await failure(short)).toMatchObject({ code: 'malformed' });
    expect(await failure(long)).toMatchObject({ code: 'malformed' });
  });
});

describe('a file that was cut off', () => {
  it.each(['azure.ocsf.json', 'v3.ocsf.json', 'v3.json'])('is refused wherever %s ends', async (name) => {
    const bytes = fixture(name).toString().trimEnd();
    const step = Math.max(1, Math.floor(bytes.length / 60));
    // The reader of a source is called once detection knows it: 5,000 bytes hold the product's name.
    for (let end = Math.min(5000, bytes.length - 200); end < bytes.length; end += step) {
      expect(await failure(bytes.slice(0, end))).toMatchObject({ code: 'truncated' });
    }
  });

  it('is refused inside a quoted field, inside the last row and inside the header', async () => {
    const text = fixture('gcp.csv').toString();
    expect(await failure(text.slice(0, text.indexOf('has a public')))).toMatchObject({ code: 'truncated' });
    expect(await failure(text.slice(0, text.lastIndexOf(';apikeys;')))).toMatchObject({ code: 'truncated' });
    expect(await failure(text.slice(0, text.indexOf(';RESOURCE_UID')))).toMatchObject({ code: 'truncated' });
  });
});

/** Deterministic numbers, so that a failure can be had again. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function mutate(bytes: Buffer, random: (below: number) => number): Buffer {
  const at = random(bytes.length);
  const length = 1 + random(40);
  switch (random(5)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at)]);
    case 3: {
      const words = ['null', '{}', '[]', '"', ';', '\n', '1e999', 'true', '\\u0000', '"__proto__":{"a":1},'];
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from(words[random(words.length)] ?? ''),
        bytes.subarray(at),
      ]);
    }
    default: {
      const copy = Buffer.from(bytes);
      copy[at] = random(256);
      return copy;
    }
  }
}

describe('a damaged file', () => {
  const small = fixtureNames().filter((name) => !name.endsWith('.gz'));
  it.each(small)('made from %s is read or refused with a ReportError, nothing else', async (name) => {
    const bytes = fixture(name);
    const random = randomFrom(name.length * 7919);
    for (let round = 0; round < 150; round++) {
      const mutant = mutate(mutate(bytes, random), random);
      const outcome = await prowler.read(bufferInput(name, mutant), {}).catch((error: unknown) => error);
      if (!Array.isArray(outcome)) expect(outcome, `round ${round}`).toBeInstanceOf(ReportError);
    }
  });
});
