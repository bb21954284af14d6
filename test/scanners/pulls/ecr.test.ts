import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  ECRClient,
  PutImageCommand,
  StartImageScanCommand,
} from '@aws-sdk/client-ecr';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { callOf, type FaultProxy, startFaultProxy } from '../../support/fault-proxy.ts';
import { type Server, startMoto } from '../../support/servers.ts';
import { keysOf } from './moto-accounts.ts';
import { pulling } from './pulling.ts';

const moto = await startMoto();
const skipped = typeof moto === 'string';
const server = moto as Server;
const REGION = 'eu-west-1';
const IMAGE = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
let next = 400_000_000_000;

const config = (account: string, more = ''): string => `
accounts: [{ account: '${account}' }]
credentials: { audit: { aws: { roleArn: 'arn:aws:iam::{account}:role/audit' } } }
jobs: [{ name: images, scanner: ecr, accounts: {}, credentials: audit, regions: [${REGION}], attempts: 1${more} }]
`;

describe.skipIf(skipped)('scans of images in ECR, on a simulated AWS', () => {
  let proxy: FaultProxy;
  let account = '';
  let client: ECRClient;

  beforeAll(async () => {
    proxy = await startFaultProxy(server);
    const env = { ...server.env, AWS_ENDPOINT_URL: proxy.endpoint };
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await proxy.stop();
    await server.stop();
  });
  beforeEach(async () => {
    account = String(next++);
    proxy.decide = () => 'pass';
    const credentials = await keysOf(server.endpoint, account);
    client = new ECRClient({ endpoint: server.endpoint, region: REGION, credentials });
  });

  async function repository(name: string): Promise<void> {
    await client.send(new CreateRepositoryCommand({ repositoryName: name }));
  }

  /** Newer than all before: the simulation counts seconds. @returns its digest */
  async function push(
    repositoryName: string,
    tag: string,
    content: object = {},
    type = IMAGE,
  ): Promise<string> {
    await sleep(1_100);
    const imageManifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: type,
      config: { digest: tag },
      layers: [{ digest: tag }],
      ...content,
    });
    const pushed = await client.send(
      new PutImageCommand({ repositoryName, imageManifest, imageManifestMediaType: type, imageTag: tag }),
    );
    return pushed.image?.imageId?.imageDigest ?? '';
  }

  async function scan(repositoryName: string, imageDigest: string): Promise<void> {
    await client.send(new StartImageScanCommand({ repositoryName, imageId: { imageDigest } }));
  }

  /** The simulation finds the same in every image, unless it is told this. */
  async function prepare(
    repositoryName: string,
    imageDigest: string,
    names: readonly string[],
    status = 'COMPLETE',
  ): Promise<void> {
    const findings = names.map((name) => ({
      ...{ name, severity: 'HIGH', uri: '' },
      attributes: [
        { key: 'package_name', value: 'openssl' },
        { key: 'package_version', value: '3.0.1' },
      ],
    }));
    const result = {
      ...{ registryId: account, repositoryName, imageId: { imageDigest } },
      ...{ imageScanStatus: { status }, imageScanFindings: { findings } },
    };
    await fetch(`${server.endpoint}/moto-api/static/ecr/scan-finding-results`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ account_id: account, region: REGION, results: [result] }),
    });
  }

  it('say what is in the newest image of each repository; what is gone from it, or with it, closes', async () => {
    for (const name of ['shop', 'team/blog']) {
      await repository(name);
      await scan(name, await push(name, 'v1'));
    }
    const here = pulling(config(account));
    expect(await here.run('images')).toMatchObject({ outcome: 'complete', reason: null });
    expect(
      (await here.findings()).map(({ resourceId, ruleId, region }) => [resourceId, ruleId, region]).sort(),
    ).toEqual([
      ['shop', 'CVE-9999-9999', REGION],
      ['team/blog', 'CVE-9999-9999', REGION],
    ]);
    const newer = await push('shop', 'v2');
    await prepare('shop', newer, ['CVE-2026-0002']);
    await scan('shop', newer);
    await client.send(new DeleteRepositoryCommand({ repositoryName: 'team/blog', force: true }));
    expect(await here.run('images')).toMatchObject({ outcome: 'complete' });
    expect(await here.open()).toEqual([`ecr/${account} ${REGION} CVE-2026-0002`]);
    await client.send(new DeleteRepositoryCommand({ repositoryName: 'shop', force: true }));
    await here.run('images');
    expect(await here.open()).toEqual([]);
    expect(await here.run('images')).toMatchObject({ outcome: 'complete', reason: null });
  }, 120_000);

  it('that are not there or not done close nothing, and are told; other repositories go on', async () => {
    for (const name of ['shop', 'blog', 'wiki']) {
      await repository(name);
      await scan(name, await push(name, 'v1'));
    }
    const here = pulling(config(account));
    await here.run('images');
    expect(await here.open()).toHaveLength(3);
    await push('shop', 'v2');
    const failing = await push('blog', 'v2');
    await prepare('blog', failing, [], 'FAILED');
    await scan('blog', failing);
    const clean = await push('wiki', 'v2');
    await prepare('wiki', clean, []);
    await scan('wiki', clean);
    expect(await here.run('images')).toMatchObject({ outcome: 'complete', reason: null });
    expect(
      (await here.findings())
        .filter(({ scanner }) => scanner === 'open')
        .map(({ resourceId }) => resourceId)
        .sort(),
    ).toEqual(['blog', 'shop']);
    expect((await here.notes()).sort()).toEqual([
      `ecr/${account}: blog in ${REGION}: the image v2 has no scan that is done (FAILED)`,
      `ecr/${account}: shop in ${REGION}: the image v2 has no scan that is done (ScanNotFoundException)`,
    ]);
    // Deleted without ever having been scanned again.
    await client.send(new DeleteRepositoryCommand({ repositoryName: 'shop', force: true }));
    await here.run('images');
    expect(await here.open()).toHaveLength(1);
  }, 120_000);

  it('of an image for several platforms are those of its parts', async () => {
    await repository('shop');
    const part = await push('shop', 'amd64');
    await prepare('shop', part, ['CVE-2026-0007']);
    await scan('shop', part);
    const manifests = [
      { digest: part, platform: { architecture: 'amd64', os: 'linux' } },
      { digest: `sha256:${'0'.repeat(64)}`, platform: { architecture: 'unknown', os: 'unknown' } },
    ];
    await push('shop', 'latest', { manifests }, INDEX);
    const here = pulling(config(account));
    expect(await here.run('images')).toMatchObject({ outcome: 'complete', reason: null });
    expect(await here.open()).toEqual([`ecr/${account} ${REGION} CVE-2026-0007`]);
    expect(await here.notes()).toEqual([]);
  }, 120_000);

  it('are looked at in as many images as the job wants', async () => {
    await repository('shop');
    for (const [tag, cve] of [
      ['v1', 'CVE-2026-0001'],
      ['v2', 'CVE-2026-0002'],
      ['v3', 'CVE-2026-0003'],
    ] as const) {
      const digest = await push('shop', tag);
      await prepare('shop', digest, [cve]);
      await scan('shop', digest);
    }
    const here = pulling(config(account, ', images: 2'));
    await here.run('images');
    expect((await here.open()).map((line) => line.split(' ').at(-1))).toEqual([
      'CVE-2026-0002',
      'CVE-2026-0003',
    ]);
  }, 120_000);

  it('that may not be read are a gap that names the right', async () => {
    await repository('shop');
    await scan('shop', await push('shop', 'v1'));
    const here = pulling(config(account));
    await here.run('images');
    proxy.decide = (request) => {
      const refused = String(request.headers['x-amz-target']).endsWith('DescribeImageScanFindings');
      return callOf(request).service === 'ecr' && refused
        ? { status: 400, error: 'AccessDeniedException', message: 'is not authorized to perform: it' }
        : 'pass';
    };
    expect(await here.run('images')).toMatchObject({
      outcome: 'failed',
      reason: `ecr:DescribeImageScanFindings in ${REGION}: AccessDeniedException`,
    });
    expect(await here.open()).toHaveLength(1);
  }, 120_000);
});
