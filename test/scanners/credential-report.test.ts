import { CreateUserCommand, IAMClient } from '@aws-sdk/client-iam';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyFolder, sightline } from '../cli/support.ts';
import { type Server, startMoto } from '../support/servers.ts';

const moto = await startMoto();
const skipped = typeof moto === 'string';
const server = moto as Server;
const ACCOUNT = '123456789012';

describe.skipIf(skipped)('the credential report of an account, simulated', { timeout: 120_000 }, () => {
  let folder: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    env = { ...server.env, AWS_ENDPOINT_URL: server.endpoint };
    folder = emptyFolder();
    const client = new IAMClient({
      ...{ endpoint: server.endpoint, region: 'us-east-1' },
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    await client.send(new CreateUserCommand({ UserName: 'alice@contractor.example' }));
    client.destroy();
  });
  afterAll(async () => {
    await server.stop();
  });

  const cli = (...args: string[]) =>
    sightline([...args, '--json', '--store', path.join(folder, 'data')], { cwd: folder, env });
  function configure(account: string): void {
    writeFileSync(
      path.join(folder, 'sightline.yaml'),
      `accounts: [{ account: '${account}' }]
identity: { allowedDomains: [fernhollow.example] }
jobs: [{ name: users, scanner: credential-report, accounts: { cloud: aws }, attempts: 1 }]
`,
    );
  }

  it('is made, waited for and read, as of when it was made', async () => {
    configure(ACCOUNT);
    const { code, documents } = await cli('run', 'users');
    expect(documents).toMatchObject([
      { outcome: 'complete', reason: null, scopes: [`aws-credential-report/aws/${ACCOUNT}`] },
    ]);
    expect(code).toBe(0);
    const [found] = (await cli('findings')).documents;
    expect(found?.['findings']).toMatchObject([
      { ruleId: 'external-user', resourceName: 'alice@contractor.example' },
    ]);
  });

  it('of another account than the one meant is refused', async () => {
    configure('210987654321');
    const { documents } = await cli('run', 'users');
    expect(documents).toMatchObject([{ outcome: 'failed' }]);
    expect(documents[0]?.['reason']).toContain('and aws/210987654321 was to be scanned');
  });

  it('that may not be had names the rights it takes', async () => {
    configure(ACCOUNT);
    await server.stop();
    const { documents } = await cli('run', 'users');
    expect(documents).toMatchObject([{ outcome: 'failed' }]);
    expect(documents[0]?.['reason']).toContain("the credential report can't be had");
  });
});
