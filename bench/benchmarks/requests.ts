import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { startVersitygw } from '../../test/support/servers.ts';
import { ours, type Task } from '../harness/child.ts';
import { ocsfInput } from '../harness/inputs.ts';
import { atMost, type Benchmark, type Context, type Row } from '../harness/results.ts';

const WARM = 4;
const COLD = 6;
const FINDINGS = 1000;
const BUCKET = 'bench';

export const requests: Benchmark = {
  name: 'requests',
  title: 'requests to the bucket per run',
  async run(context) {
    const server = await startVersitygw();
    const folder = mkdtempSync(path.join(tmpdir(), 'sightline-bench-requests-'));
    try {
      if (typeof server === 'string') {
        const outcome = await counted(context, folder, {});
        return { ...outcome, skipped: `against an S3 server (${server}); counted on a folder instead` };
      }
      const client = new S3Client({
        region: 'us-east-1',
        endpoint: server.endpoint,
        forcePathStyle: true,
        credentials: credentialsOf(server.env),
      });
      await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
      client.destroy();
      const url = `s3://${BUCKET}?endpoint=${encodeURIComponent(server.endpoint)}&region=us-east-1&pathStyle=true`;
      return await counted(context, url, server.env);
    } finally {
      rmSync(folder, { recursive: true, force: true });
      if (typeof server !== 'string') await server.stop();
    }
  },
};

function credentialsOf(env: Readonly<Record<string, string>>): {
  accessKeyId: string;
  secretAccessKey: string;
} {
  return { accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '', secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '' };
}

async function counted(
  { measure }: Context,
  url: string,
  env: Readonly<Record<string, string>>,
): Promise<{ rows: Row[]; goals: ReturnType<typeof atMost>[] }> {
  const files = [ocsfInput(FINDINGS), ocsfInput(FINDINGS, 10), ocsfInput(FINDINGS, 20)].map(
    ({ path }) => path,
  );
  const task: Task = ours('requests', [url, ...files], env);
  const [result] = await measure([task], 1);
  const count = (name: string): number => result?.facts[name] ?? Number.NaN;
  return {
    rows: [
      { what: 'first run of a scope', note: `${count('empty')} requests` },
      { what: 'next run, the collector knows the scope (warm)', note: `${count('warm')} requests` },
      { what: 'the same run again, warm', note: `${count('warmSame')} requests` },
      {
        what: 'next run, the collector does not have the scope in memory (cold)',
        note: `${count('cold')} requests`,
      },
      { what: 'once per process: the configuration in force', note: `${count('once')} requests` },
    ],
    goals: [
      atMost('a run, warm', count('warm'), WARM, 'requests'),
      atMost('a run, cold', count('cold'), COLD, 'requests'),
    ],
  };
}
