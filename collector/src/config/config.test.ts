import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { UsageError } from '../errors.ts';
import { DEFAULT_SETTINGS } from '../findings/settings.ts';
import { sampleSettings } from '../sample/settings.ts';
import { DEFAULT_LIMITS } from '../sources/input/limits.ts';
import { DEFAULTS, endOf, loadConfig, settingsFrom } from './index.ts';
import { parseConfig } from './parse.ts';
import { configJsonSchema } from './reference.ts';
import { configurationPage, PAGE, SCHEMA } from './update-docs.ts';

const EXAMPLE = `# What a platform team would write
store:
  url: s3://findings/\${STAGE:-dev}
  region: eu-west-1
  pathStyle: "\${PATH_STYLE}"
sla:
  days: { Critical: 5, low: 365, medium: null }
  teams:
    payments: { HIGH: 14 }
accounts:
  - cloud: AWS
    account: "012345678901"
    name: payments-prod
    team: payments
    labels: { tier: "1" }
ownership:
  - match: { resource: ["*-pii", "customers*"], label: { team: data } }
    team: data
mutes:
  - id: website
    owner: web@example.com
    reason: Public on purpose
    expires: 2027-03-31
    match: { rule: s3_public, resource: website }
severity:
  - match: { rule: "iam_*" }
    severity: High
report:
  cadenceHours: { prowler: 24 }
serve: { port: "\${PORT}" }
limits: { maxReportBytes: 500 MB }
`;
const ENV = { PATH_STYLE: 'true', PORT: '9000' };

describe('a configuration file', () => {
  it('gives patterns as lists, dates as moments, severities in capitals', () => {
    const file = parseConfig(EXAMPLE, 'sightline.yaml', ENV);
    expect(file.ownership[0]?.match).toEqual({
      resource: ['*-pii', 'customers*'],
      label: { team: ['data'] },
    });
    expect(file.mutes[0]).toMatchObject({
      match: { rule: ['s3_public'], resource: ['website'] },
      expires: Date.UTC(2027, 3, 1) - 1,
    });
    expect(file.severity[0]?.severity).toBe('HIGH');
    expect(file.accounts[0]).toMatchObject({ cloud: 'aws', account: '012345678901' });
    expect(file.limits.maxReportBytes).toBe(500_000_000);
  });

  it('names every problem by line and column, in the order of the file, with the key that was meant', () => {
    const text = `sla:
  days: { critcal: 3 }
accounts:
  - account: 012345678901
mutes:
  - id: a
    owner: me
    reason: because
    expries: 2027-01-01
    match: { rul: x }
`;
    expect(messageOf(text).split('\n')).toEqual([
      'sightline.yaml:2:11: sla.days.critcal: there is no such key; did you mean "critical"?',
      'sightline.yaml:4:14: accounts[0].account: YAML reads this as a number, but it is text: put it in quotes',
      'sightline.yaml:6:5: mutes[0].expires: is missing',
      'sightline.yaml:9:5: mutes[0].expries: there is no such key; did you mean "expires"?',
      'sightline.yaml:10:12: mutes[0].match: must have at least one field: without one it would mute everything',
      'sightline.yaml:10:14: mutes[0].match.rul: there is no such key; did you mean "rule"?',
    ]);
  });

  it.each([
    ['store: 5', '1:8: store: YAML reads this as a number'],
    ['mutes: many', '1:8: mutes: must be a list, not text'],
    ['- a\n- b', '1:1: the file must be a mapping, not a list'],
    ['serve: { port: 70000 }', '1:16: serve.port: must be at most 65535'],
    ['minimumRules: 1.5', '1:15: minimumRules: must be at most 1'],
    [
      'ownership:\n  - match:\n      account: [1234]',
      '3:17: ownership[0].match.account[0]: YAML reads this as a number',
    ],
    ['ownership: [{ match: { rule: [] } }]', '1:30: ownership[0].match.rule: must not be empty'],
    [
      'severity: [{ match: {}, severity: dire }]',
      '1:35: severity[0].severity: must be one of critical, high',
    ],
    ['store: { ulr: x }', '1:10: store.ulr: there is no such key; did you mean "url"?'],
    ['limits: { maxReportBytes: lots }', '1:27: limits.maxReportBytes: must be a size'],
    ['limits: { cacheRows: 0 }', '1:22: limits.cacheRows: must be more than 0'],
    ['accounts:\n  - account: "1"\n  - account: "1"', '3:14: accounts[1].account: is there twice'],
    ['sla: { teams: { a: { high: null } } }', '1:28: sla.teams.a.high: must be a number, not empty'],
    ['a: 1\na: 2', '2:1: Map keys must be unique'],
    ['store: "x', ':'],
  ])('refuses %j', (text, expected) => {
    expect(messageOf(text)).toContain(expected);
  });

  it('refuses two mutes of one id, and dates that no calendar has', () => {
    const mute = (id: string, expires: string): string =>
      `  - { id: ${id}, owner: o, reason: r, expires: "${expires}", match: { rule: x } }\n`;
    expect(messageOf(`mutes:\n${mute('a', '2027-01-01')}${mute('a', '2027-01-01')}`)).toBe(
      'sightline.yaml:3:11: mutes[1].id: is the id of another mute too',
    );
    for (const date of ['2027-02-30', 'tomorrow', '2027-01-01T12:00:00', '2027-13-01']) {
      expect(messageOf(`mutes:\n${mute('a', date)}`)).toContain('must be a date (2027-03-31) or a timestamp');
    }
  });

  it('finds what an alias repeats', () => {
    const text =
      'accounts:\n  - &a { account: "1", tema: x }\nownership: [{ match: &m { rule: x } }, { match: *m, team: 3 }]';
    expect(messageOf(text)).toContain('2:24: accounts[0].tema: there is no such key; did you mean "team"?');
    expect(messageOf(text)).toContain('3:59: ownership[1].team: YAML reads this as a number');
  });

  it('gives up on aliases that multiply', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 9; i++) {
      const last = String.fromCharCode(96 + i);
      bomb.push(
        `${String.fromCharCode(97 + i)}: &${String.fromCharCode(97 + i)} [${Array(10).fill(`*${last}`).join(', ')}]`,
      );
    }
    expect(messageOf(bomb.join('\n'))).toContain("aliases (*name) can't be followed");
  });
});

describe('variables of the environment', () => {
  const storeOf = (text: string, env: Record<string, string> = {}): unknown =>
    parseConfig(`store: ${text}`, 'sightline.yaml', env).store;

  it('stand for themselves, or for a default where they are missing or empty', () => {
    expect(storeOf('s3://${BUCKET}/x', { BUCKET: 'b' })).toBe('s3://b/x');
    expect(storeOf('${A:-./data}', { A: '' })).toBe('./data');
    expect(storeOf('"${A:-}x"')).toBe('x');
    expect(storeOf("'$${A}'")).toBe('${A}');
  });

  it("can't become structure", () => {
    expect(storeOf('${A}', { A: 'x\nlimits: { cacheRows: 1 }' })).toBe('x\nlimits: { cacheRows: 1 }');
    expect(storeOf('"${A}"', { A: '${B}"' })).toBe('${B}"');
    // An account id out of the environment is text, whatever it looks like.
    const { accounts } = parseConfig('accounts: [{ account: "${ID}" }]', 'x', { ID: '012345678901' });
    expect(accounts[0]?.account).toBe('012345678901');
  });

  it('are named where they are not set, and their values are not', () => {
    expect(messageOf('store: ./x\nserve: { host: "${HOST_NAME}" }')).toBe(
      'sightline.yaml:2:16: the environment variable HOST_NAME is not set; ${HOST_NAME:-…} gives a default',
    );
    expect(messageOf('store: "${not a name}"')).toContain('1:8: there is a "${" without a variable');
    expect(messageOf('store: "${OPEN"')).toContain('without a variable');
    expect(messageOf('serve: { port: "${SECRET}" }', { SECRET: 'hunter2' })).not.toContain('hunter2');
  });
});

describe('loadConfig', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sightline-config-'));
    await writeFile(join(folder, 'other.yaml'), 'store: ./other\n');
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it('gives the defaults where there is no file', async () => {
    const config = await loadConfig(undefined, {}, folder);
    expect(config).toEqual({
      path: null,
      store: undefined,
      storeOptions: {},
      settings: DEFAULT_SETTINGS,
      report: { ...DEFAULTS.report, cadenceHours: {} },
      serve: DEFAULTS.serve,
      access: { tokens: [], ...DEFAULTS.access },
      tables: DEFAULTS.tables,
      streams: DEFAULTS.streams,
      scanning: {
        ...{ jobs: [], accounts: [], credentials: {}, discovery: [], chat: [] },
        collector: { ...DEFAULTS.collector, scanners: {}, grace: 10_000 },
      },
      warehouse: { ...DEFAULTS.warehouse, threads: availableParallelism() },
      identity: { allowedDomains: [], inactiveDays: 90, keyDays: 90 },
      generic: [],
      limits: DEFAULTS.limits,
    });
  });

  it('takes --config before SIGHTLINE_CONFIG before ./sightline.yaml', async () => {
    await writeFile(join(folder, 'sightline.yaml'), EXAMPLE);
    expect(await loadConfig(undefined, { ...ENV, STAGE: 'prod' }, folder)).toMatchObject({
      path: 'sightline.yaml',
      store: 's3://findings/prod',
      storeOptions: { region: 'eu-west-1', pathStyle: true },
      settings: {
        sla: { days: { CRITICAL: 5, HIGH: 30, LOW: 365 }, teams: { payments: { HIGH: 14 } } },
      },
      serve: { host: '127.0.0.1', port: 9000 },
      report: { cadenceHours: { prowler: 24 }, historyDays: 400 },
    });
    const named = join(folder, 'other.yaml');
    expect((await loadConfig(undefined, { SIGHTLINE_CONFIG: named }, folder)).store).toBe('./other');
    expect((await loadConfig(named, { SIGHTLINE_CONFIG: 'x.yaml' }, folder)).path).toBe(named);
  });

  it('takes a default of the days away, and leaves those that are not named', async () => {
    const { settings } = await loadConfig(undefined, ENV, folder);
    expect(settings.sla.days).toEqual({ CRITICAL: 5, HIGH: 30, LOW: 365 });
  });

  it('does not go on without a file that was asked for', async () => {
    await expect(loadConfig('missing.yaml', {}, folder)).rejects.toThrow(
      'there is no configuration file missing.yaml',
    );
    await expect(loadConfig(folder, {}, folder)).rejects.toThrow(UsageError);
  });

  it('takes an empty file, and sections that are all commented out', async () => {
    await writeFile(join(folder, 'empty.yaml'), '# nothing yet\nmutes:\n#  - id: a\naccounts:\n');
    expect((await loadConfig('empty.yaml', {}, folder)).settings).toEqual(DEFAULT_SETTINGS);
  });
});

describe('the defaults', () => {
  it('of limits are those with which reports are opened', () => {
    const { maxBytes, maxRatio, maxEntries } = DEFAULT_LIMITS;
    expect(DEFAULTS.limits).toMatchObject({
      maxReportBytes: maxBytes,
      maxArchiveRatio: maxRatio,
      maxArchiveEntries: maxEntries,
    });
  });
});

describe('settingsFrom', () => {
  it('reads the settings of the sample estate', () => {
    const settings = settingsFrom(sampleSettings);
    expect(settings.mutes.map(({ id }) => id)).toContain('website-bucket');
    expect(settings.sla.teams).toEqual({ payments: { HIGH: 14 } });
    expect(settings.severity[0]).toEqual({
      match: { source: ['scoutsuite'], rule: ['s3-bucket-world-*'] },
      severity: 'CRITICAL',
    });
  });

  it('says what is wrong where', () => {
    expect(() => settingsFrom({ mutes: [{ id: 'a' }] })).toThrow('mutes[0].owner: is missing');
  });
});

describe('a date', () => {
  it('lasts through its day, a timestamp to its moment', () => {
    expect(endOf('2028-02-29')).toBe(Date.UTC(2028, 1, 29, 23, 59, 59, 999));
    expect(endOf('2028-02-29T12:00+02:00')).toBe(Date.UTC(2028, 1, 29, 10));
    expect(endOf('2027-02-29')).toBeUndefined();
    expect(endOf('29.02.2028')).toBeUndefined();
  });
});

describe('the documentation', () => {
  const file = (url: URL): Promise<string> => readFile(fileURLToPath(url), 'utf8');

  it('describes every setting as the code has it', async () => {
    const page = await file(PAGE);
    expect(configurationPage(page), 'run: node collector/src/config/update-docs.ts').toBe(page);
  });

  it('has the JSON Schema of the code', async () => {
    expect(JSON.parse(await file(SCHEMA)), 'run: node collector/src/config/update-docs.ts').toEqual(
      configJsonSchema(),
    );
  });

  it('gives an example that can be read', async () => {
    const examples = [...(await file(PAGE)).matchAll(/```yaml\n([\s\S]*?)```/g)].map(
      ([, text]) => text ?? '',
    );
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      parseConfig(example, 'example', { SIGHTLINE_BUCKET: 'findings' });
      expectValid(parse(example));
    }
  });

  it('has a schema that takes what the collector takes', () => {
    expectValid(
      parse(
        EXAMPLE.replace('Critical: 5', 'critical: 5').replace('HIGH: 14', 'high: 14').replace('High', 'HIGH'),
      ),
    );
    const validate = new Ajv2020({ allowUnionTypes: true }).compile(configJsonSchema());
    expect(validate({ mutes: [{ id: 'a' }] })).toBe(false);
    expect(validate({ acounts: [] })).toBe(false);
  });

  function expectValid(value: unknown): void {
    const validate = new Ajv2020({ allowUnionTypes: true }).compile(configJsonSchema());
    validate(value);
    expect(validate.errors ?? []).toEqual([]);
  }
});

function messageOf(text: string, env: Record<string, string> = {}): string {
  try {
    parseConfig(text, 'sightline.yaml', env);
  } catch (error) {
    if (error instanceof UsageError && error.code === 'config') return error.message;
    throw error;
  }
  throw new Error('was accepted');
}

describe('who may ask, and what is asked', () => {
  const refusedFor = (text: string): string => {
    try {
      parseConfig(text, 'sightline.yaml', {});
    } catch (error) {
      return error instanceof UsageError ? error.message : String(error);
    }
    return 'taken';
  };

  it('names an issuer by https, but for this machine', () => {
    const oidc = (issuer: string): string => `access: { oidc: { issuer: "${issuer}", audience: sightline } }`;
    expect(refusedFor(oidc('https://login.example.org/'))).toBe('taken');
    expect(refusedFor(oidc('http://127.0.0.1:8080'))).toBe('taken');
    expect(refusedFor(oidc('http://[::1]:8080'))).toBe('taken');
    expect(refusedFor(oidc('http://login.example.org'))).toContain('must be an https:// address');
    expect(refusedFor(oidc('http://127.0.0.1.example.org'))).toContain('must be an https:// address');
    expect(refusedFor(oidc('login.example.org'))).toContain('must be an http:// or https:// address');
  });

  it('has tokens by their hash, each once', () => {
    const token = (name: string, sha256: string): string =>
      `{ name: ${name}, sha256: "${sha256}", roles: [viewer] }`;
    const tokens = (...list: string[]): string => `access: { tokens: [${list.join(', ')}] }`;
    expect(refusedFor(tokens(token('a', 'A'.repeat(64))))).toBe('taken');
    expect(refusedFor(tokens(token('a', 'slt_secret')))).toContain('64 hexadecimal digits');
    expect(refusedFor(tokens(token('a', 'a'.repeat(64)), token('a', 'b'.repeat(64))))).toContain(
      'access.tokens[1].name: is there twice',
    );
  });

  it('has rows that are about somebody', () => {
    const row = (text: string): string =>
      `access: { grafana: { url: "http://grafana:3000", rows: [${text}] } }`;
    expect(refusedFor(row('{ role: Admin }'))).toBe('taken');
    expect(refusedFor(row('{ teams: [payments] }'))).toContain('must say whom it is about');
    expect(refusedFor(row('{ team: payments }'))).toContain('there is no such key');
  });

  it('knows time zones, sizes, and which scanners an account expects', () => {
    expect(refusedFor('warehouse: { timezone: Europe/Berlin, memory: 2GiB, sql: true }')).toBe('taken');
    expect(refusedFor('warehouse: { timezone: Berlin }')).toContain('must be the name of a time zone');
    const file = parseConfig('accounts: [{ account: "1", sources: [prowler] }]', 'sightline.yaml', {});
    expect(file.accounts[0]?.sources).toEqual(['prowler']);
  });
});
