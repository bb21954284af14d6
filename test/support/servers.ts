import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A real server that runs on a free port of 127.0.0.1. */
export interface Server {
  readonly endpoint: string;
  /** The environment variables with which the AWS SDK reaches it: credentials, region and endpoint. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends the process and removes the folder that was made for it. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 50_000;
const STOP_TIMEOUT_MS = 3_000;
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'sightline-test', AWS_SECRET_ACCESS_KEY: 'sightline-test-secret' };
const cacheFolder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'sightline-tools');

const running = new Set<ChildProcess>();
// The last resort, when a test run ends without its afterAll.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * An S3 server on a folder, with conditional writes and checked signatures.
 * @param options.dir where the buckets lie; a new temporary folder if not given
 * @returns why it is skipped, where it is not installed. @throws in that case when SIGHTLINE_REQUIRE_SERVERS=1
 */
export async function startVersitygw(options: { readonly dir?: string } = {}): Promise<Server | string> {
  const binary = findBinary('versitygw', process.env['VERSITYGW'], [
    join(cacheFolder, 'bin'),
    ...goFolders(),
  ]);
  if (binary === undefined) return missing('versitygw', 'VERSITYGW');
  const own = options.dir === undefined ? mkdtempSync(join(tmpdir(), 'sightline-versitygw-')) : undefined;
  const dir = options.dir ?? own ?? '';
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const env = {
    ROOT_ACCESS_KEY: CREDENTIALS.AWS_ACCESS_KEY_ID,
    ROOT_SECRET_KEY: CREDENTIALS.AWS_SECRET_ACCESS_KEY,
  };
  return start(binary, ['--port', address, '--quiet', 'posix', dir], env, `http://${address}`, own);
}

/** A bucket on one of these. */
export async function makeBucket({ endpoint, env }: Server, bucket: string): Promise<void> {
  const { CreateBucketCommand, S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({
    ...{ endpoint, region: env['AWS_REGION'] ?? '', forcePathStyle: true },
    credentials: {
      accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
  });
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  } finally {
    client.destroy();
  }
}

/** A simulated AWS. It checks no signatures. @param env its settings @returns @throws as startVersitygw */
export async function startMoto(env: Readonly<Record<string, string>> = {}): Promise<Server | string> {
  const binary = motoBinary();
  if (binary === undefined) return missing('moto_server', 'MOTO_SERVER');
  const port = await freePort();
  return start(binary, ['-H', '127.0.0.1', '-p', String(port)], env, `http://127.0.0.1:${port}`, undefined);
}

function motoBinary(): string | undefined {
  return findBinary('moto_server', process.env['MOTO_SERVER'], [join(cacheFolder, 'moto', 'bin')]);
}

/** The Python that moto is installed in, which has boto3. */
export function motoPython(): string {
  return join(dirname(motoBinary() ?? ''), 'python');
}

/** The folders where `go install` puts binaries. */
function goFolders(): string[] {
  const folders = [join(homedir(), 'go', 'bin')];
  try {
    const path = execFileSync('go', ['env', 'GOPATH'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    folders.unshift(join(path.trim(), 'bin'));
  } catch {
    // No Go on this machine: then nothing was installed by it.
  }
  return folders;
}

function findBinary(name: string, given: string | undefined, folders: readonly string[]): string | undefined {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = [...onPath, ...folders].map((folder) => join(folder, name));
  if (given !== undefined && given !== '') candidates.unshift(given);
  return candidates.find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function missing(name: string, variable: string): string {
  const reason = `${name} not installed (.ci/install-tools.sh installs it; ${variable} may name it)`;
  if (process.env['SIGHTLINE_REQUIRE_SERVERS'] === '1') throw new Error(reason);
  console.warn(`skipped: ${reason}`);
  return `skipped: ${reason}`;
}

async function start(
  binary: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  endpoint: string,
  ownFolder: string | undefined,
): Promise<Server> {
  const child = spawn(binary, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  running.add(child);
  let complaint = '';
  child.on('error', (error) => (complaint += error.message));
  child.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (complaint = (complaint + text).slice(-4000)));
  const stop = async () => {
    await end(child);
    if (ownFolder !== undefined) rmSync(ownFolder, { recursive: true, force: true });
  };
  if (!(await answers(endpoint, child))) {
    await stop();
    throw new Error(`${binary} did not start: ${complaint}`);
  }
  const region = 'us-east-1';
  return { endpoint, env: { ...CREDENTIALS, AWS_REGION: region, AWS_ENDPOINT_URL_S3: endpoint }, stop };
}

/** True as soon as anything answers by HTTP, false when the process ended or the time is over. */
async function answers(endpoint: string, child: ChildProcess): Promise<boolean> {
  const until = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < until && hasNotEnded(child)) {
    try {
      await (await fetch(endpoint)).arrayBuffer();
      return true;
    } catch {
      await sleep(50);
    }
  }
  return false;
}

async function end(child: ChildProcess): Promise<void> {
  running.delete(child);
  if (child.pid === undefined || !hasNotEnded(child)) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(late);
}

function hasNotEnded(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** A port that was free an instant ago. */
async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new Error('no free port'));
      });
    });
  });
}
