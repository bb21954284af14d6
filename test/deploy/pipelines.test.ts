import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { emptyFolder, fixture, sightline, start, type Started } from '../cli/support.ts';

const DEPLOY = new URL('../../deploy/', import.meta.url);

/** The script of each pipeline, as its own YAML gives it. */
const SCRIPTS: Readonly<Record<string, () => string>> = {
  GitHub: () => {
    const action = parse(readFileSync(new URL('github/action.yml', DEPLOY), 'utf8')) as {
      runs: { steps: { run: string }[] };
    };
    return action.runs.steps[0]?.run ?? '';
  },
  GitLab: () => {
    const file = parse(readFileSync(new URL('gitlab/sightline.yml', DEPLOY), 'utf8')) as Record<
      string,
      { script: string[] }
    >;
    return file['.sightline-upload']?.script[0] ?? '';
  },
};

/** What each pipeline takes for the account where nobody says. */
const ACCOUNTS: Readonly<Record<string, () => string | undefined>> = {
  GitHub: () => {
    const action = parse(readFileSync(new URL('github/action.yml', DEPLOY), 'utf8')) as {
      inputs: Record<string, { default?: string } | undefined>;
    };
    return action.inputs['account']?.default;
  },
  GitLab: () => {
    const file = parse(readFileSync(new URL('gitlab/sightline.yml', DEPLOY), 'utf8')) as Record<
      string,
      { variables?: Record<string, string> }
    >;
    return file['.sightline-upload']?.variables?.['SIGHTLINE_ACCOUNT'];
  },
};

let server: Started;
let store: string;
let token: string;

beforeAll(async () => {
  store = emptyFolder();
  const made = await sightline(['token', 'create', '--role', 'ingest', '--name', 'ci', '--store', store]);
  token = made.stdout.trim();
  server = await start(['serve', '--store', store, '--port', '0']);
});
afterAll(async () => {
  await server.stop();
});

async function run(script: string, reports: string, more: Record<string, string> = {}) {
  const folder = emptyFolder();
  mkdirSync(path.join(folder, 'out/deep'), { recursive: true });
  copyFileSync(
    fixture('prowler/fixtures/v3.ocsf.json'),
    path.join(folder, 'out/deep/a report & more.ocsf.json'),
  );
  copyFileSync(fixture('sarif/fixtures/secrets.sarif'), path.join(folder, 'out/secrets.sarif'));
  copyFileSync(new URL('../../package.json', import.meta.url), path.join(folder, 'out/broken.json'));
  const child = spawn('bash', ['-c', script], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      SIGHTLINE_URL: server.url,
      SIGHTLINE_TOKEN: token,
      SIGHTLINE_REPORTS: reports,
      ...more,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  await once(child, 'close');
  return { code: child.exitCode, output };
}

describe.each(Object.keys(SCRIPTS))('the upload of a pipeline on %s', (name) => {
  const script = SCRIPTS[name]?.() ?? '';

  it('brings every report that matches', async () => {
    const { code, output } = await run(script, 'out/**/*.ocsf.json\n');
    expect(output).toContain('"scope":"prowler/aws/123456789012"');
    expect(code).toBe(0);
  });

  it('says which repository a report is of that does not', async () => {
    expect(ACCOUNTS[name]?.()).toMatch(/^\$(?:\{\{ github\.repository \}\}|CI_PROJECT_PATH)$/);
    const { code, output } = await run(script, 'out/secrets.sarif', { SIGHTLINE_ACCOUNT: 'shop/web & more' });
    expect(output).toContain('"scope":"sarif/code/shop%2Fweb & more"');
    expect(code).toBe(0);
  });

  it('fails when a report can not be read, and brings the others all the same', async () => {
    const { code, output } = await run(script, 'out/broken.json\nout/**/*.ocsf.json');
    expect(output).toContain('"scope":"prowler/aws/123456789012"');
    expect(output).toContain('422');
    expect(code).toBe(1);
  });

  it('fails when there is nothing to bring', async () => {
    const { code, output } = await run(script, 'nothing/*.json');
    expect(output).toContain('no file matches');
    expect(code).toBe(1);
  });

  it('fails with a wrong token', async () => {
    const { code } = await run(script, 'out/**/*.ocsf.json', { SIGHTLINE_TOKEN: 'wrong' });
    expect(code).toBe(1);
  });
});
