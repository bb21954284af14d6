import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Server, startVersitygw } from '../support/servers.ts';

/** Where a test keeps its store: on each of the real stores that run here. */
export interface StoreKind {
  readonly name: string;
  /** Why it can't be used here. */
  readonly skip: boolean;
  readonly server: Server | null;
  /** The address of a store that is empty. */
  url(endpoint?: string): string;
  stop(): Promise<void>;
}

export function folderKind(): StoreKind {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-faults-'));
  let stores = 0;
  return {
    name: 'filesystem',
    skip: false,
    server: null,
    url: () => join(folder, String(++stores)),
    stop: () => {
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

const BUCKET = 'faults';

export async function versitygwKind(): Promise<StoreKind> {
  return serverKind('versitygw', await startVersitygw());
}

export async function serverKind(name: string, server: Server | string): Promise<StoreKind> {
  if (typeof server === 'string') {
    return { name, skip: true, server: null, url: () => '', stop: () => Promise.resolve() };
  }
  const { AWS_ENDPOINT_URL_S3: endpoint, ...env } = server.env;
  // This process and those it starts reach each server by the address of the store.
  Object.assign(process.env, env);
  const client = new S3Client({ endpoint: endpoint ?? '', region: 'us-east-1', forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  client.destroy();
  let stores = 0;
  return {
    name,
    skip: false,
    server,
    url: (through = server.endpoint) => `s3://${BUCKET}/${++stores}?endpoint=${through}`,
    stop: () => server.stop(),
  };
}
