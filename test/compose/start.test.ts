import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT, serviceOf, startOf } from './compose.ts';

/** Where there is no Docker: what the images are built by and what their containers start, on this machine and in the same order. */

const versitygw = [
  process.env['VERSITYGW'] ?? '',
  path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'sightline-tools/bin/versitygw'),
].find((candidate) => candidate !== '' && existsSync(candidate));
if (versitygw === undefined && process.env['SIGHTLINE_REQUIRE_SERVERS'] === '1')
  throw new Error('versitygw is not installed: .ci/install-tools.sh installs it');

const children: ChildProcess[] = [];
let home: string;
let ports: { bucket: number; collector: number };

/** A container's places, as folders of this test. */
function here(text: string): string {
  return text
    .replaceAll('/run/sightline', path.join(home, 'secrets'))
    .replaceAll('/app/versitygw', versitygw ?? '')
    .replaceAll('/app/deploy', path.join(home, 'app/deploy'))
    .replaceAll(/(?<=posix )\/bucket/g, path.join(home, 'bucket'))
    .replaceAll('--port :7070', `--port 127.0.0.1:${ports.bucket}`)
    .replaceAll('http://bucket:7070', `http://127.0.0.1:${ports.bucket}`)
    .replaceAll('--host 0.0.0.0 --port 8080', `--host 127.0.0.1 --port ${ports.collector}`);
}

/** Nothing of this machine's own environment but where programs are. */
function environmentOf(name: string): NodeJS.ProcessEnv {
  const given = Object.entries(serviceOf(name).environment).map(([key, value]): [string, string] => [
    key,
    here(value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1')),
  ]);
  return {
    PATH: [path.dirname(process.execPath), process.env['PATH'] ?? ''].join(path.delimiter),
    HOME: path.join(home, 'home'),
    SIGHTLINE_SECRETS: path.join(home, 'secrets'),
    SIGHTLINE_PROVISIONING: path.join(home, 'provisioning'),
    SIGHTLINE_BUCKET_ENDPOINT: `http://127.0.0.1:${ports.bucket}`,
    ...Object.fromEntries(given),
  };
}

function run(name: string): void {
  execFileSync('sh', ['-c', here(startOf(serviceOf(name)))], {
    cwd: path.join(home, 'app'),
    env: environmentOf(name),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function start(name: string): void {
  const child = spawn('sh', ['-c', here(startOf(serviceOf(name)))], {
    cwd: path.join(home, 'app'),
    env: environmentOf(name),
    stdio: 'ignore',
  });
  children.push(child);
}

async function healthy(url: string): Promise<void> {
  const end = Date.now() + 60_000;
  while (Date.now() < end) {
    const ok = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    await sleep(200);
  }
  throw new Error(`${url} did not become healthy`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** The files of the last stage of the collector's image, in its places. */
function layOut(): void {
  const app = path.join(home, 'app');
  for (const folder of [
    'secrets',
    'bucket',
    'provisioning',
    'cache',
    'home',
    'app/collector',
    'app/dashboards/src/build',
    'app/deploy',
  ])
    mkdirSync(path.join(home, folder), { recursive: true });
  // What the image installs is installed here already.
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(app, 'node_modules'));
  const dist = path.join(app, 'collector/dist');
  execFileSync(path.join(ROOT, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json', '--outDir', dist], {
    cwd: path.join(ROOT, 'collector'),
  });
  for (const file of [
    'collector/bin',
    'collector/package.json',
    'dashboards/package.json',
    'dashboards/src/alerts',
    'dashboards/src/build/names.ts',
    'deploy/setup.ts',
    'provisioning',
  ])
    cpSync(path.join(ROOT, file), path.join(app, file), { recursive: true });
  const config = readFileSync(path.join(ROOT, 'deploy/sightline.yaml'), 'utf8');
  writeFileSync(path.join(app, 'deploy/sightline.yaml'), config.replace('/cache', path.join(home, 'cache')));
}

describe.skipIf(versitygw === undefined)(
  'the services of docker-compose.yml, started by hand',
  { timeout: 300_000 },
  () => {
    beforeAll(async () => {
      home = mkdtempSync(path.join(tmpdir(), 'sightline-compose-'));
      ports = { bucket: await freePort(), collector: await freePort() };
      layOut();
    }, 300_000);
    afterAll(() => {
      for (const child of children) child.kill();
      rmSync(home, { recursive: true, force: true });
    });

    it('make secrets that nobody has chosen, once', () => {
      run('secrets');
      const file = path.join(home, 'secrets/grafana-admin-password');
      const password = readFileSync(file, 'utf8');
      expect(password).toMatch(/^[\w-]{32}$/);
      run('secrets');
      expect(readFileSync(file, 'utf8')).toBe(password);
    });

    it('start the bucket, and put the sample estate, a token and what Grafana needs where they belong', async () => {
      start('bucket');
      await healthy(`http://127.0.0.1:${ports.bucket}/health`);
      run('setup');
      expect(readFileSync(path.join(home, 'secrets/grafana-token'), 'utf8')).toMatch(/^slt_/);
      const rules: unknown = parse(readFileSync(path.join(home, 'provisioning/alerting/rules.yaml'), 'utf8'));
      expect(rules).toMatchObject({ apiVersion: 1 });
      expect(
        statSync(path.join(home, 'provisioning/dashboards/sightline/sightline-overview.json')).size,
      ).toBeGreaterThan(1000);
      const datasource = readFileSync(path.join(home, 'provisioning/datasources/sightline.yaml'), 'utf8');
      expect(datasource).toContain('token: $__file{');
      expect(datasource).not.toContain('slt_');
    });

    it('start the collector, which becomes healthy and answers Grafana, and nobody without a token', async () => {
      start('collector');
      const url = `http://127.0.0.1:${ports.collector}`;
      await healthy(`${url}/readyz`);
      const token = readFileSync(path.join(home, 'secrets/grafana-token'), 'utf8');
      const ask = (headers: Record<string, string>): Promise<Response> =>
        fetch(`${url}/api/v1/query`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', ...headers },
          body: JSON.stringify({
            from: Date.now() - 86_400_000,
            to: Date.now(),
            queries: [{ refId: 'A', type: 'summary', measures: ['open'] }],
          }),
        });
      expect((await ask({})).status).toBe(401);
      let answer = await ask({ Authorization: `Bearer ${token}` });
      for (let tries = 0; answer.status === 503 && tries < 100; tries++) {
        await sleep(300);
        answer = await ask({ Authorization: `Bearer ${token}` });
      }
      expect(answer.status).toBe(200);
      expect(await answer.text()).toContain('"open"');
    });

    it('change nothing when they are started again', () => {
      const token = readFileSync(path.join(home, 'secrets/grafana-token'), 'utf8');
      run('setup');
      expect(readFileSync(path.join(home, 'secrets/grafana-token'), 'utf8')).toBe(token);
    });
  },
);

const go = ['/usr/local/go/bin/go', '/usr/bin/go'].find((candidate) => existsSync(candidate));

it.skipIf(go === undefined)(
  "build the plugin's backend as Grafana's image does",
  { timeout: 300_000 },
  () => {
    const dockerfile = readFileSync(path.join(ROOT, 'deploy/grafana.Dockerfile'), 'utf8');
    const command = /^RUN (CGO_ENABLED=0 .*)$/m.exec(dockerfile)?.[1] ?? '';
    const folder = mkdtempSync(path.join(tmpdir(), 'sightline-backend-'));
    const script = command
      .replaceAll('${TARGETARCH}', 'amd64')
      .replace('-o ', `-o ${folder}/`)
      .replace(' go build', ` ${go ?? ''} build`);
    execFileSync('sh', ['-c', script], { cwd: path.join(ROOT, 'plugin'), stdio: 'pipe' });
    expect(statSync(path.join(folder, 'gpx_sightline_findings_linux_amd64')).size).toBeGreaterThan(1_000_000);
    rmSync(folder, { recursive: true });
  },
);
