import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import * as readline from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as zlib from 'node:zlib';
import { openStore } from '../../collector/src/store/index.ts';
import { startVersitygw } from '../../test/support/servers.ts';
import type { Measured } from './main.ts';

const SIGHTLINE = fileURLToPath(new URL('../../collector/bin/sightline.js', import.meta.url));
const PEER = fileURLToPath(new URL('../peers/plain_server.js', import.meta.url));
const LOAD = fileURLToPath(new URL('../streams/load.ts', import.meta.url));
/** As the command itself runs: see the first line of collector/bin/sightline.js. */
const NODE_FLAGS = ['--max-semi-space-size=8'];
const BUCKET = 'bench';
/** A server that is given more than it can do has to catch up. */
const LONGEST_DRAIN_MS = 15 * 60_000;

interface Load {
  readonly rate: string;
  readonly seconds: string;
  readonly connections: string;
  readonly batch: string;
}

/** A real server, pushed events to as Falco does, until all that it acknowledged are findings. */
export async function streams(args: readonly string[]): Promise<Measured> {
  const [kind = '', rate = '', seconds = '', connections = '', batch = ''] = args;
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'sightline-bench-'));
  const s3 = kind === 's3' ? await startVersitygw() : null;
  if (typeof s3 === 'string') throw new Error(s3);
  // The SDK reads its credentials there, in this process as in the server's.
  Object.assign(process.env, s3?.env);
  const env = process.env;
  const url = s3 === null ? `${folder}/store` : `s3://${BUCKET}/streams`;
  try {
    if (s3 !== null) await makeBucket(s3.env);
    const config = path.join(folder, 'sightline.yaml');
    fs.writeFileSync(config, `store: ${url}\nwarehouse: { path: ${folder}/warehouse }\nserve: { port: 0 }\n`);
    const common = ['--config', config, '--json'];
    const made: unknown = JSON.parse(
      execFileSync(
        process.execPath,
        [SIGHTLINE, 'token', 'create', '--role', 'ingest', '--name', 'falco', ...common],
        { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
      ),
    );
    const server = await started([...NODE_FLAGS, SIGHTLINE, 'serve', ...common, '--quiet'], env);
    try {
      const before = usageOf(server.child);
      const load = await push(server.url, textIn(made, 'token'), { rate, seconds, connections, batch });
      const after = usageOf(server.child);
      const start = performance.now();
      const store = openStore(url, {}, env);
      await drained(store);
      const drainSeconds = (performance.now() - start) / 1000;
      const stored = await eventsIn(store);
      await store.close();
      return {
        seconds: load['seconds'] ?? Number.NaN,
        facts: {
          ...load,
          stored,
          cores: (after.cpuSeconds - before.cpuSeconds) / (load['seconds'] ?? Number.NaN),
          serverPeak: after.peakBytes,
          drainSeconds,
        },
      };
    } finally {
      await ended(server.child);
    }
  } finally {
    await s3?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** The same to a server that keeps nothing. */
export async function streamsPeer([
  rate = '',
  seconds = '',
  connections = '',
  batch = '',
]: readonly string[]): Promise<Measured> {
  const server = await started([PEER], process.env);
  try {
    const before = usageOf(server.child);
    const load = await push(server.url, '', { rate, seconds, connections, batch });
    const after = usageOf(server.child);
    const cores = (after.cpuSeconds - before.cpuSeconds) / (load['seconds'] ?? Number.NaN);
    return {
      seconds: load['seconds'] ?? Number.NaN,
      facts: { ...load, cores, serverPeak: after.peakBytes },
    };
  } finally {
    await ended(server.child);
  }
}

async function started(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of readline.createInterface({ input: child.stdout })) {
    return { child, url: textIn(JSON.parse(line), 'listening') };
  }
  throw new Error('the server did not start');
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const over = new Promise((resolve) => child.once('close', resolve));
  child.kill();
  await over;
}

async function push(url: string, token: string, load: Load): Promise<Record<string, number>> {
  const args = Object.entries({ ...load, token, port: new URL(url).port }).flatMap(([name, value]) => [
    `--${name}`,
    value,
  ]);
  const child = spawn(process.execPath, [LOAD, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await new Promise((resolve) => {
    child.once('close', resolve);
  });
  const told: unknown = JSON.parse(output);
  return Object.fromEntries(
    Object.entries(told ?? {}).filter((fact): fact is [string, number] => typeof fact[1] === 'number'),
  );
}

/** Of the process alone: what it starts to commit the events has a lower priority and is told by the time it takes. */
function usageOf({ pid }: ChildProcess): { cpuSeconds: number; peakBytes: number } {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const peak = /VmHWM:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
    peakBytes: Number(peak ?? Number.NaN) * 1024,
  };
}

async function makeBucket(env: Readonly<Record<string, string>>): Promise<void> {
  const client = new S3Client({
    endpoint: env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'] ?? '',
    region: env['AWS_REGION'] ?? 'us-east-1',
    forcePathStyle: true,
    credentials: {
      accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
  });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  client.destroy();
}

type Store = ReturnType<typeof openStore>;

async function drained(store: Store): Promise<void> {
  const end = performance.now() + LONGEST_DRAIN_MS;
  while (performance.now() < end) {
    let waiting = 0;
    for await (const { size } of store.list('spool/falco/batches/')) if (size > 0) waiting++;
    if (waiting === 0) return;
    await sleep(1_000);
  }
  throw new Error('the events were not all committed');
}

/** In the inputs of commits: a line is an event. */
async function eventsIn(store: Store): Promise<number> {
  let events = 0;
  for await (const { key } of store.list('raw/falco/')) {
    const body = await store.read(key);
    if (body === undefined) continue;
    for await (const chunk of body.pipe(zlib.createZstdDecompress())) {
      const bytes: unknown = chunk;
      if (!Buffer.isBuffer(bytes)) continue;
      for (let at = bytes.indexOf('\n'); at !== -1; at = bytes.indexOf('\n', at + 1)) events++;
    }
  }
  return events;
}

function textIn(document: unknown, name: string): string {
  const value: unknown =
    typeof document === 'object' && document !== null ? Reflect.get(document, name) : undefined;
  if (typeof value !== 'string') throw new Error(`there is no ${name}`);
  return value;
}
