import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { alertingFiles } from '../dashboards/src/alerts/render.ts';

/**
 * What docker-compose.yml needs before its services start, each step once:
 * `secrets` makes what nobody has chosen, `bucket` makes the bucket of the bundled server, `grafana` makes Grafana's token and writes
 * what it is provisioned with.
 */

const ROOT = path.resolve(import.meta.dirname, '..');
const SECRETS = process.env['SIGHTLINE_SECRETS'] ?? '/run/sightline';
const PROVISIONING = process.env['SIGHTLINE_PROVISIONING'] ?? '/provisioning';

const STEPS: Readonly<Record<string, () => void | Promise<void>>> = {
  secrets,
  bucket,
  grafana,
};

function secretFile(name: string): string {
  return path.join(SECRETS, name);
}

/** What is there stays: a secret that changed by itself would lock everybody out. */
function keep(name: string, make: () => string): void {
  if (fs.existsSync(secretFile(name))) return;
  // Grafana and the bucket run as other users; the volume is mounted by nobody else.
  fs.writeFileSync(secretFile(name), make(), { mode: 0o444 });
}

function secrets(): void {
  const password = (): string => randomBytes(24).toString('base64url');
  const chosen = (process.env['GRAFANA_ADMIN_PASSWORD'] ?? '').trim();
  keep('bucket-access-key', () => `sightline${randomBytes(6).toString('hex')}`);
  keep('bucket-secret-key', password);
  keep('grafana-admin-password', () => (chosen === '' ? password() : chosen));
}

async function bucket(): Promise<void> {
  const client = new S3Client({
    endpoint: process.env['SIGHTLINE_BUCKET_ENDPOINT'] ?? 'http://bucket:7070',
    region: 'us-east-1',
    forcePathStyle: true,
    maxAttempts: 10,
    credentials: {
      accessKeyId: read('bucket-access-key'),
      secretAccessKey: read('bucket-secret-key'),
    },
  });
  try {
    await client.send(new CreateBucketCommand({ Bucket: 'sightline' }));
  } catch (error) {
    if (!(error instanceof Error) || !/^BucketAlready/.test(error.name)) throw error;
  } finally {
    client.destroy();
  }
}

/** The AWS SDK of the collector reads credentials from the environment, and secrets lie in files. */
function withCredentials(): NodeJS.ProcessEnv {
  if (!fs.existsSync(secretFile('bucket-access-key')) || process.env['SIGHTLINE_OWN_BUCKET'] === 'true')
    return process.env;
  return {
    ...process.env,
    AWS_ACCESS_KEY_ID: read('bucket-access-key'),
    AWS_SECRET_ACCESS_KEY: read('bucket-secret-key'),
  };
}

function grafana(): void {
  keep('grafana-token', () => {
    const made = execFileSync(
      process.execPath,
      [
        path.join(ROOT, 'collector/bin/sightline.js'),
        '--json',
        'token',
        'create',
        '--role',
        'viewer',
        '--name',
        'grafana',
      ],
      { env: withCredentials(), encoding: 'utf8' },
    );
    const token = /slt_[0-9a-f]{16}[\w-]{49}/.exec(made)?.[0];
    if (token === undefined) throw new Error('`sightline token create` told no token');
    return token;
  });
  fs.cpSync(path.join(ROOT, 'provisioning'), PROVISIONING, { recursive: true });
  // The token stays in its file: Grafana reads it from there.
  const datasource = path.join(PROVISIONING, 'datasources/sightline.yaml');
  const given = fs.readFileSync(datasource, 'utf8');
  fs.writeFileSync(datasource, given.replace('$SIGHTLINE_TOKEN', `$__file{${secretFile('grafana-token')}}`));
  for (const [name, text] of alertingFiles(process.env))
    fs.writeFileSync(path.join(PROVISIONING, 'alerting', name), text);
}

function read(name: string): string {
  return fs.readFileSync(secretFile(name), 'utf8').trim();
}

for (const name of process.argv.slice(2)) {
  const step = STEPS[name];
  if (step === undefined) {
    process.stderr.write(`there is no step ${name}: use ${Object.keys(STEPS).join(', ')}\n`);
    process.exit(2);
  }
  try {
    await step();
    process.stdout.write(`${name}: done\n`);
  } catch (error) {
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
