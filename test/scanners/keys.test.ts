import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { realClock } from '../../collector/src/scanners/clock.ts';
import {
  type EndingKeys,
  type KeyServer,
  serveKeys,
} from '../../collector/src/scanners/credentials/key-server.ts';
import { executor } from '../../collector/src/scanners/execute.ts';
import { configuredAccount } from '../../collector/src/scanners/accounts/configured.ts';
import type { Job } from '../../collector/src/scanners/job.ts';
import { Secrets } from '../../collector/src/scanners/secrets.ts';
import { TaskList } from '../../collector/src/scanners/tasks.ts';
import { emptyFolder, folderOf } from '../cli/support.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { motoPython, type Server, startMoto } from '../support/servers.ts';

const moto = await startMoto();
const server = moto as Server;
/** It has boto3: what Prowler and ScoutSuite use. */
const python = motoPython();

const ACCOUNT = '222222222222';
const log = pino({ level: 'silent' });

/** Asks who it is three times, and says each time with which key. */
const PYTHON = `
import boto3, os, sys
session = boto3.Session()
for turn in range(3):
    got = session.client("sts").get_caller_identity()
    key = session.get_credentials().get_frozen_credentials().access_key
    print(got["Arn"], key, flush=True)
print("variable" if "AWS_SECRET_ACCESS_KEY" in os.environ else "no variable")
`;
const JAVASCRIPT = `
import { STSClient, GetCallerIdentityCommand } from '@aws-sdk/client-sts';
const client = new STSClient({});
const seen = new Set();
// It takes new ones beside its work, and uses the old ones meanwhile.
for (let turn = 0; turn < 600 && seen.size < 2; turn++) {
  const { Arn } = await client.send(new GetCallerIdentityCommand({}));
  const { accessKeyId } = await client.config.credentials();
  if (!seen.has(accessKeyId)) console.log(Arn, accessKeyId);
  seen.add(accessKeyId);
  await new Promise((resolve) => setTimeout(resolve, 50));
}
`;

describe.skipIf(typeof moto === 'string')('keys that end before their scanner does', () => {
  let keys: KeyServer | undefined;

  beforeAll(() => {
    for (const [name, value] of Object.entries({ ...server.env, AWS_ENDPOINT_URL: server.endpoint }))
      vi.stubEnv(name, value);
  });
  afterEach(async () => {
    await keys?.close();
    keys = undefined;
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await server.stop();
  });

  /** Real ones, which say that they end so soon that every SDK asks for others before each call. */
  async function shortLived(): Promise<EndingKeys> {
    const client = new STSClient({});
    const { Credentials: found } = await client.send(
      new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${ACCOUNT}:role/audit`, RoleSessionName: 'sightline' }),
    );
    client.destroy();
    return {
      accessKeyId: found?.AccessKeyId ?? '',
      secretAccessKey: found?.SecretAccessKey ?? '',
      sessionToken: found?.SessionToken ?? '',
      expiration: new Date(Date.now() + 90_000),
    };
  }

  async function output(
    program: string,
    args: readonly string[],
    env: Record<string, string>,
  ): Promise<string[]> {
    const child = spawn(program, args, {
      env: {
        PATH: process.env['PATH'],
        AWS_ENDPOINT_URL: server.endpoint,
        AWS_REGION: 'us-east-1',
        AWS_DEFAULT_REGION: 'us-east-1',
        ...env,
      },
      cwd: join(import.meta.dirname, '../../collector'),
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text));
    await once(child, 'close');
    return said.trim().split('\n');
  }

  /** As if half an hour passed with every question. */
  function hurrying(): () => number {
    let time = Date.now();
    return () => (time += 30 * 60_000);
  }

  it('are replaced by boto3 on its own', async () => {
    keys = await serveKeys(await shortLived(), shortLived, log, hurrying());
    const lines = await output(python, ['-c', PYTHON], { ...keys.env, HOME: emptyFolder() });
    expect(lines.slice(0, 3).map((line) => line.split(' ')[0])).toEqual(
      Array.from({ length: 3 }, () => `arn:aws:sts::${ACCOUNT}:assumed-role/audit/sightline`),
    );
    expect(new Set(lines.slice(0, 3).map((line) => line.split(' ')[1])).size).toBe(3);
    expect(lines[3]).toBe('no variable');
  }, 60_000);

  it('are replaced by the SDK for JavaScript on its own', async () => {
    keys = await serveKeys(await shortLived(), shortLived, log, hurrying());
    const lines = await output(process.execPath, ['--input-type=module', '-e', JAVASCRIPT], {
      ...keys.env,
      HOME: emptyFolder(),
    });
    expect(lines).toHaveLength(2);
    expect(lines.every((line) => line.startsWith(`arn:aws:sts::${ACCOUNT}:assumed-role/audit/`))).toBe(true);
  }, 60_000);

  it('are given to nobody without the token of the run, and to nobody after it', async () => {
    keys = await serveKeys(await shortLived(), shortLived, log);
    const { AWS_CONTAINER_CREDENTIALS_FULL_URI: url = '', AWS_CONTAINER_AUTHORIZATION_TOKEN: token = '' } =
      keys.env;
    const ask = async (authorization: string): Promise<number> =>
      (await fetch(url, { headers: { authorization } })).status;
    expect([await ask(''), await ask('guess'), await ask(token)]).toEqual([403, 403, 200]);
    await keys.close();
    keys = undefined;
    await expect(ask(token)).rejects.toThrow();
  });

  it('are fetched once for all who ask at once, and the old ones stay while there are no new ones', async () => {
    let [fetched, broken] = [0, false];
    let time = Date.now();
    const hourLong = async (): Promise<EndingKeys> => ({
      ...(await shortLived()),
      expiration: new Date(time + 3_600_000),
    });
    keys = await serveKeys(
      await hourLong(),
      () => {
        fetched++;
        return broken ? Promise.reject(new Error('STS is away')) : hourLong();
      },
      log,
      () => time,
    );
    const { AWS_CONTAINER_CREDENTIALS_FULL_URI: url = '', AWS_CONTAINER_AUTHORIZATION_TOKEN: token = '' } =
      keys.env;
    const ask = async (): Promise<unknown> => {
      const response = await fetch(url, { headers: { authorization: token } });
      const body = (await response.json()) as Record<string, unknown>;
      return response.ok ? body['AccessKeyId'] : response.status;
    };
    const first = await ask();
    expect([first, fetched]).toEqual([expect.stringMatching(/^ASIA/), 0]);

    time += 50 * 60_000;
    const [second, ...same] = await Promise.all([ask(), ask(), ask()]);
    expect(second).toMatch(/^ASIA/);
    expect(second).not.toBe(first);
    expect([same, fetched]).toEqual([[second, second], 1]);

    broken = true;
    time += 50 * 60_000;
    expect([await ask(), fetched]).toEqual([second, 2]);
    time += 9.5 * 60_000;
    expect(await ask()).toBe(503);
    broken = false;
    expect(await ask()).toMatch(/^ASIA/);
  });

  it('reach a scanner that asks for them, whatever profiles its user has', async () => {
    const home = folderOf({});
    const profiles = folderOf({
      credentials: '[default]\naws_access_key_id=WRONG\naws_secret_access_key=WRONG\n',
    });
    const env = {
      ...{ PATH: process.env['PATH'] ?? '', HOME: home, ...server.env, AWS_ENDPOINT_URL: server.endpoint },
      AWS_SHARED_CREDENTIALS_FILE: `${profiles}/credentials`,
    };
    let said = '';
    const sink = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        said += chunk.toString();
        done();
      },
    });
    const job: Job = {
      ...{ name: 'j', scanner: 'command', enabled: true, timezone: 'UTC', jitterMs: 0, catchUp: true },
      ...{ targets: [], regions: [], args: [], reports: [], complete: false, env: {}, timeoutMs: 60_000 },
      ...{ attempts: 1, backoffMs: 1, nice: 0, concurrency: 1, accounts: {}, credentials: 'audit' },
      command: [python, '-c', `${PYTHON}\nprint(os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"])`],
    };
    const [task] = new TaskList([job], { scanners: {} }).of(job, [configuredAccount({ account: ACCOUNT })]);
    if (task === undefined) throw new Error('no task');
    const run = executor({
      ...{ clock: realClock, log: pino({}, sink), env, secrets: new Secrets(env, Date.now), programs: {} },
      credentials: { audit: { aws: { roleArn: 'arn:aws:iam::{account}:role/audit', refresh: true } } },
      graceMs: 1_000,
      outside: () => Promise.resolve({ perimeter: { assets: [], gone: [] }, jobs: [] }),
      store: new MemoryStore(),
      takeIn: () => Promise.resolve({ scopes: [], problems: [] }),
    });
    const result = await run({
      task,
      running: { slot: 0, trigger: 'schedule', owner: 'me', since: 0, until: 0, claims: 1 },
      cursor: null,
      signal: new AbortController().signal,
      confirm: () => Promise.resolve(true),
    });
    expect(result).toMatchObject({ outcome: 'complete', exitCode: 0 });
    expect(said).toContain(`arn:aws:sts::${ACCOUNT}:assumed-role/audit/sightline`);
    expect(said).toContain('no variable');
    expect(said).toContain('[redacted]');
  }, 60_000);
});
