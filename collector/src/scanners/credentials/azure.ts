import type { SecretRef } from '../secrets.ts';
import type { CredentialContext, Granted } from './index.ts';

/** A service principal: with a secret, or with the token of a workload identity. */
export interface AzureAccess {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret?: SecretRef | undefined;
  readonly federatedTokenFile?: string | undefined;
  /** Of another cloud than the public one: who gives tokens, and where Resource Manager is. */
  readonly authorityHost?: string | undefined;
  readonly endpoint?: string | undefined;
}

/** The variables that Azure's own libraries read, in every language. */
export async function azureEnvironment(
  { tenantId, clientId, clientSecret, federatedTokenFile, authorityHost }: AzureAccess,
  { env, secrets }: CredentialContext,
): Promise<Granted> {
  const authority = authorityHost ?? env['AZURE_AUTHORITY_HOST'];
  const secret = clientSecret === undefined ? null : await secrets.read(clientSecret);
  return {
    env: {
      AZURE_TENANT_ID: tenantId,
      AZURE_CLIENT_ID: clientId,
      ...(secret === null ? {} : { AZURE_CLIENT_SECRET: secret }),
      ...(federatedTokenFile === undefined ? {} : { AZURE_FEDERATED_TOKEN_FILE: federatedTokenFile }),
      ...(authority === undefined ? {} : { AZURE_AUTHORITY_HOST: authority }),
    },
    files: {},
    secrets: secret === null ? [] : [secret],
  };
}
