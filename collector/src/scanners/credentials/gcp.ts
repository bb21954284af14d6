import type { SecretRef } from '../secrets.ts';
import type { CredentialContext, Granted } from './index.ts';

/** A key of a service account, or the configuration of a workload identity; one of both. */
export interface GcpAccess {
  readonly key?: SecretRef | undefined;
  readonly credentialsFile?: string | undefined;
}

/** Google's libraries read a file: a key that comes from elsewhere is put into the run's own folder, which is removed with it. */
export async function gcpEnvironment(
  { key, credentialsFile }: GcpAccess,
  { secrets }: CredentialContext,
): Promise<Granted> {
  if (key === undefined) {
    return {
      env: credentialsFile === undefined ? {} : { GOOGLE_APPLICATION_CREDENTIALS: credentialsFile },
      files: {},
      secrets: [],
    };
  }
  const text = await secrets.read(key);
  return {
    env: { GOOGLE_APPLICATION_CREDENTIALS: '{folder}/gcp.json' },
    files: { 'gcp.json': text },
    // What a library complains of is the private key itself, not the file that it came in.
    secrets: [text, ...privateKeyOf(text)],
  };
}

function privateKeyOf(text: string): string[] {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || !('private_key' in parsed)) return [];
    return typeof parsed.private_key === 'string' ? [parsed.private_key] : [];
  } catch {
    return [];
  }
}
