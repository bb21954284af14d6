import * as fc from 'fast-check';
import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ReportInput, SourceAdapter } from '../adapter.ts';
import { bufferInput } from '../input/index.ts';
import { adapters } from '../registry.ts';
import { fixture } from '../testing/reports.ts';
import { redactJson } from './json.ts';
import { secretMark } from './mark.ts';
import { withoutSecrets } from './text.ts';
import { emptyElements } from './xml.ts';

/** Every secret that stands in clear in some fixture. */
const PLANTED = [
  'ghp_0123456789abcdefghijABCDEFGHIJ012345',
  'ghp_ABCDEFGHIJ0123456789abcdefghij012345',
  'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYY',
  'hunter2hunter2',
  'correct-horse-battery',
  'token123',
  'SESSION=0123456789abcdef',
  'SESSION=fedcba9876543210',
  'Bearer 0123456789abcdef0123',
  'c5rf-t0ken-v4lue',
  'session=abc123',
  's3ss10n-1n-the-url',
];

function textOf(input: ReportInput): string {
  const bytes = Buffer.alloc(input.size);
  for (let at = 0; at < bytes.length;) at += input.readAt(bytes.subarray(at), at);
  return bytes.toString('utf8');
}

const redacting = adapters.filter((adapter) => adapter.redact !== undefined);
const cases = redacting.flatMap((adapter): [string, SourceAdapter, Buffer][] =>
  readdirSync(path.join(import.meta.dirname, '..', adapter.id, 'fixtures')).map((name) => [
    `${adapter.id}/${name}`,
    adapter,
    fixture(adapter.id, name),
  ]),
);

async function redacted(adapter: SourceAdapter, bytes: Buffer): Promise<ReportInput> {
  const input = bufferInput('report', bytes);
  return (await adapter.redact?.(input)) ?? input;
}

describe('reports with secrets', () => {
  it('are among the fixtures of every source that redacts', () => {
    for (const adapter of redacting) {
      const own = cases.filter(([, of]) => of === adapter);
      const secret = own.some(([, , bytes]) => PLANTED.some((one) => bytes.includes(one)));
      expect(secret, adapter.id).toBe(true);
    }
    for (const secret of PLANTED)
      expect(
        cases.some(([, , bytes]) => bytes.includes(secret)),
        secret,
      ).toBe(true);
  });

  it.each(cases)(
    '%s is stored without them, and read the same with and without',
    async (_name, adapter, bytes) => {
      const clean = await redacted(adapter, bytes);
      const text = textOf(clean);
      for (const secret of PLANTED) expect(text).not.toContain(secret);
      const before = await adapter.read(bufferInput('report', bytes), {});
      const after = await adapter.read(clean, {});
      expect(after).toEqual(before);
      for (const secret of PLANTED) expect(JSON.stringify(before)).not.toContain(secret);
      // Twice is once.
      expect(textOf(await redacted(adapter, Buffer.from(text)))).toBe(text);
    },
  );
});

describe('the mark of a secret', () => {
  it('is the same for the same secret, another for another, and stays as it is', () => {
    const mark = secretMark('ghp_0123456789abcdefghij');
    expect(mark).toMatch(/^\[redacted ghp_… #[0-9a-f]{5}\]$/);
    expect(secretMark('ghp_0123456789abcdefghij')).toBe(mark);
    expect(secretMark('ghp_0123456789abcdefghik')).not.toBe(mark);
    expect(secretMark(mark)).toBe(mark);
    expect(secretMark('short')).toMatch(/^\[redacted … #/);
  });
});

describe('free text', () => {
  it.each([
    ['export AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG', 'wJalrXUtnFEMI'],
    ['"client_secret": "a8f5f167f44f4964e6c998dee827110c"', 'a8f5f167'],
    ['curl -u deploy:hunter2 https://x', 'hunter2'],
    ['mysql -h db -uroot -phunter2 shop', 'hunter2'],
    ['git clone https://bot:hunter2@git.example/x', 'hunter2'],
    ['Authorization: Bearer abcdef0123456789', 'abcdef0123456789'],
    ['Cookie: session=abcdef', 'abcdef'],
    ['key AKIAIOSFODNN7EXAMPLE here', 'AKIAIOSFODNN7EXAMPLE'],
    ['python app.py SECRET_KEY=hunter2hunter2', 'hunter2'],
    ['STRIPE_SECRET_KEY_BASE: hunter2hunter2', 'hunter2'],
    ['AccountName=shop;AccountKey=hunter2hunter2==;', 'hunter2'],
    ['ENCRYPTION_KEY=hunter2hunter2', 'hunter2'],
    ['run redis://:hunter2@cache.example:6379', 'hunter2'],
    ['git clone https://bot:hun@ter2@git.example/x', 'ter2'],
    ['sshpass -p hunter2 ssh root@10.0.0.1', 'hunter2'],
    ['curl -d {\\"password\\":\\"hunter2hunter2\\"} https://x', 'hunter2'],
    ['PASSWORD="correct horse battery" ./run', 'horse battery'],
    ["vault login --password 'correct horse battery'", 'correct horse'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc', 'eyJzdWIi'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----', 'MIIEow'],
  ])('%s loses its secret', (text, secret) => {
    expect(withoutSecrets(text)).not.toContain(secret);
  });

  it('without a secret stays as it is', () => {
    for (const text of [
      'A shell was spawned in a container (user=root command=bash)',
      'Set HttpOnly on cookies',
      '',
    ]) {
      expect(withoutSecrets(text)).toBe(text);
    }
  });

  it('of any kind changes once only', () => {
    const word = fc.constantFrom(
      'password=',
      'token: ',
      'Bearer ',
      'Cookie: ',
      'AKIAIOSFODNN7EXAMPLE',
      '://a:',
      '@',
      ' -p',
      'mysql',
      'x'.repeat(20),
      ' ',
      '"',
      '[redacted',
      '#',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string()), { maxLength: 8 }), (parts) => {
        const once = withoutSecrets(parts.join(''));
        expect(withoutSecrets(once)).toBe(once);
      }),
      { seed: 7, numRuns: 2000 },
    );
  });
});

it('a JSON report that can’t be read to its end is refused, not stored as it is', async () => {
  await expect(
    redactJson(bufferInput('x', Buffer.from('{"Match": "a"')), () => () => ''),
  ).rejects.toMatchObject({
    code: 'truncated',
  });
});

it('elements of an XML report are emptied across the borders of what is read at once', async () => {
  const filler = 'x'.repeat(1024 * 1024 - 8);
  const xml = `<a>${filler}<evidence>secret</evidence><b/><evidence>${filler}secret${filler}</evidence>end</a>`;
  const clean = textOf(await emptyElements(bufferInput('x', Buffer.from(xml)), ['evidence']));
  expect(clean).toBe(`<a>${filler}<evidence></evidence><b/><evidence></evidence>end</a>`);
});

it('the content of an element may be changed rather than emptied', async () => {
  const xml = '<a><uri>x?y</uri><uri>z</uri></a>';
  const clean = await emptyElements(bufferInput('x', Buffer.from(xml)), [], {
    uri: (text) => text.replace(/[?].*/, ''),
  });
  expect(textOf(clean)).toBe('<a><uri>x</uri><uri>z</uri></a>');
});

describe('the quick look before the close one', () => {
  const token = 'A1b2C3d4E5f6G7h8I9j0A1b2C3d4E5f6G7h8I9j0';
  const secrets = [
    '-----BEGIN RSA PRIVATE KEY-----\nabc',
    ...['AKIA', 'ASIA', 'ABIA', 'ACCA'].map((start) => `${start}0123456789ABCDEF`),
    ...['ghp', 'gho', 'ghu', 'ghs', 'ghr'].map((start) => `${start}_${token}`),
    `github_pat_${token}`,
    `glpat-${token}`,
    `xoxb-${token}`,
    `AIza${token}`.slice(0, 39),
    `ya29.${token}`,
    ...['sk_live_', 'rk_test_'].map((start) => start + token),
    `npm_${token}`.slice(0, 40),
    `SG.${token}.${token}`,
    `eyJ${token}.${token}.${token}`,
    ...['pass', 'password', 'PASSWD', 'passphrase', 'pwd', 'Secret', 'token', 'api_key', 'ACCESS-KEY-ID'].map(
      (name) => `${name}=abcdef`,
    ),
    ...['private_key', 'credential', 'credentials'].map((name) => `${name}: abcdef`),
    ...['Bearer', 'basic', 'token', 'NEGOTIATE'].map((scheme) => `${scheme} abcdefgh`),
    'Cookie: a=b; c=d',
    'https://user:hunter2@example.org',
    'amqp://:hunter2@example.org',
    'sshpass -p hunter2 ssh x',
    'signing_key=abcdef',
    ...['--password', '-pass', '--token', '--secret', '--api-key'].map((flag) => `x ${flag} abcdef`),
    'curl -u user:abcdef',
    'curl --user user:abcdef',
    ...['mysql', 'mysqldump', 'mysqladmin', 'mariadb'].map((program) => `${program} -pabcdef`),
  ];

  it.each(secrets)('lets %s be found', (secret) => {
    expect(withoutSecrets(`run ${secret} now`)).toContain('[redacted');
  });
});
