import { decodeJwt } from 'jose';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf, ScanError } from '../../errors.ts';
import type { AzureAccess } from '../credentials/azure.ts';
import type { CredentialContext } from '../credentials/index.ts';
import type { Env } from '../secrets.ts';
import { allPages, askCloud, patiently } from './http.ts';

/** Azure Resource Manager, as one identity. */
export interface AzureApi {
  /** Every item of a list, over all its pages. @throws CloudRefusal, CloudSilence, ScanError `credentials` */
  list<T>(path: string, item: z.ZodType<T>): Promise<T[]>;
  /** Who the cloud takes us for. @throws ScanError `credentials` */
  who(): Promise<string>;
}

interface Place {
  readonly authorityHost: string;
  readonly endpoint: string;
}

const PUBLIC_AUTHORITY = 'https://login.microsoftonline.com';

/** Where Resource Manager is, by who gives the tokens. @see https://learn.microsoft.com/azure/developer/identity/authentication-national-cloud */
const ENDPOINTS: Readonly<Record<string, string>> = {
  'login.microsoftonline.com': 'https://management.azure.com',
  'login.microsoftonline.us': 'https://management.usgovcloudapi.net',
  'login.chinacloudapi.cn': 'https://management.chinacloudapi.cn',
  'login.partner.microsoftonline.cn': 'https://management.chinacloudapi.cn',
};

/**
 * @param access undefined: the variables of Azure's own libraries, else the managed identity of the machine
 * @param signal ends what is asked
 */
export async function azureApi(
  access: AzureAccess | undefined,
  { env, secrets }: CredentialContext,
  signal?: AbortSignal,
): Promise<AzureApi> {
  const place = placeOf(access, env);
  const principal = access === undefined ? fromEnvironment(env) : access;
  const secret =
    principal?.clientSecret === undefined ? undefined : await secrets.text(principal.clientSecret);
  const token = keptToken(async () =>
    principal === null
      ? ofManagedIdentity(place, env)
      : ofPrincipal(place, { ...principal, clientSecret: secret }),
  );
  const headers = async (): Promise<Headers> =>
    // Management groups answer out of a cache otherwise, which knows of new subscriptions late.
    new Headers({ authorization: `Bearer ${await token()}`, 'cache-control': 'no-cache' });
  return {
    async list(path, item) {
      const page = z.object({ value: z.array(item), nextLink: z.string().nullish() });
      const items: z.infer<typeof item>[] = [];
      await allPages(sameHost(`${place.endpoint}${path}`, place.endpoint), async (url) => {
        const { value, nextLink } = await askCloud({ url, headers, signal }, page);
        items.push(...value);
        return nextLink === undefined || nextLink === null || nextLink === ''
          ? null
          : sameHost(nextLink, place.endpoint);
      });
      return items;
    },
    who: async () => {
      const { appid, azp, tid } = claimsSchema.parse(decodeJwt(await token()));
      return `application ${appid ?? azp ?? 'without a name'} of tenant ${tid ?? 'unknown'}`;
    },
  };
}

/** Of tokens of the first and of the second version. */
const claimsSchema = z.object({
  appid: z.string().optional(),
  azp: z.string().optional(),
  tid: z.string().optional(),
});

/** A page that is elsewhere would get our token. */
function sameHost(link: string, endpoint: string): string {
  if (URL.parse(link)?.origin === new URL(endpoint).origin) return link;
  throw new ScanError(
    'Azure sends on to another host for the rest of a list',
    'Check `endpoint` of the credentials, and what stands between this machine and Azure.',
    'credentials',
  );
}

function placeOf(access: AzureAccess | undefined, env: Env): Place {
  const given = access?.authorityHost ?? env['AZURE_AUTHORITY_HOST'] ?? PUBLIC_AUTHORITY;
  const authority = URL.parse(/^https?:/.test(given) ? given : `https://${given}`);
  const endpoint =
    access?.endpoint ?? env['AZURE_RESOURCE_MANAGER_ENDPOINT'] ?? ENDPOINTS[authority?.hostname ?? ''];
  if (authority !== null && endpoint !== undefined)
    return { authorityHost: authority.origin, endpoint: endpoint.replace(/\/+$/, '') };
  throw new ScanError(
    `nobody knows where Azure Resource Manager is for the authority ${given}`,
    'Name it as `endpoint` of the credentials, or in AZURE_RESOURCE_MANAGER_ENDPOINT.',
    'credentials',
  );
}

interface Principal {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret?: AzureAccess['clientSecret'] | string;
  readonly federatedTokenFile?: string | undefined;
}

/** What Azure's own libraries read first; null where there is nothing of it. */
function fromEnvironment(env: Env): Principal | null {
  const {
    AZURE_TENANT_ID: tenantId,
    AZURE_CLIENT_ID: clientId,
    AZURE_CLIENT_SECRET: clientSecret,
    AZURE_FEDERATED_TOKEN_FILE: federatedTokenFile,
  } = env;
  if (tenantId === undefined || clientId === undefined) return null;
  if (clientSecret !== undefined) return { tenantId, clientId, clientSecret };
  return federatedTokenFile === undefined ? null : { tenantId, clientId, federatedTokenFile };
}

interface Token {
  readonly text: string;
  readonly expiresAt: number;
}

/** Before a token runs out a new one is taken. */
const EARLY_MS = 5 * 60_000;

function keptToken(fetchToken: () => Promise<Token>): () => Promise<string> {
  let kept: Token | undefined;
  let asking: Promise<Token> | undefined;
  return async () => {
    if (kept !== undefined && kept.expiresAt - Date.now() > EARLY_MS) return kept.text;
    asking ??= fetchToken().finally(() => {
      asking = undefined;
    });
    kept = await asking;
    return kept.text;
  };
}

/** @see RFC 6749, section 5.2 */
const REFUSALS = new Set([
  ...['invalid_client', 'invalid_grant', 'invalid_request', 'invalid_scope', 'unauthorized_client'],
  ...['unsupported_grant_type', 'interaction_required', 'invalid_resource'],
]);

async function ofPrincipal(
  place: Place,
  { tenantId, clientId, clientSecret, federatedTokenFile }: Principal & { clientSecret?: string | undefined },
): Promise<Token> {
  // Only here: most collectors have no Azure.
  const { ConfidentialClientApplication, ServerError } = await import('@azure/msal-node');
  const file = federatedTokenFile;
  const auth = {
    clientId,
    authority: `${place.authorityHost}/${tenantId}`,
    // Where tokens come from is ours to say: the public cloud is not asked whether it knows the place.
    knownAuthorities: [new URL(place.authorityHost).host],
    ...(clientSecret === undefined ? {} : { clientSecret }),
    // Read each time: Kubernetes writes a new one every hour.
    ...(file === undefined ? {} : { clientAssertion: () => tokenOf(file) }),
  };
  return acquired(`the application ${clientId}`, () =>
    // One that was told to wait says so for a while without asking: each attempt is another one.
    patiently(
      async () => {
        const app = new ConfidentialClientApplication({ auth });
        const found = await app.acquireTokenByClientCredential({ scopes: [`${place.endpoint}/.default`] });
        // What the library makes of an answer like 503 with `{}`.
        if (found === null || found.accessToken === '') throw new Error('there is no token in the answer');
        return found;
      },
      (error) =>
        error instanceof ScanError || (error instanceof ServerError && REFUSALS.has(error.errorCode)),
    ),
  );
}

async function ofManagedIdentity(place: Place, env: Env): Promise<Token> {
  const { ManagedIdentityApplication } = await import('@azure/msal-node');
  const id = env['AZURE_CLIENT_ID'];
  const app = new ManagedIdentityApplication(
    id === undefined ? {} : { managedIdentityIdParams: { userAssignedClientId: id } },
  );
  return acquired(
    'the managed identity of this machine',
    () => app.acquireToken({ resource: place.endpoint }),
    'Name `credentials`, set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET or AZURE_FEDERATED_TOKEN_FILE, or give the machine an identity.',
  );
}

async function tokenOf(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new ScanError(
      `the token ${file} can't be read: ${messageOf(error).split(':')[0] ?? ''}`,
      'Check its path and rights.',
      'credentials',
      error,
    );
  }
}

async function acquired(
  who: string,
  ask: () => Promise<{ accessToken: string; expiresOn: Date | null }>,
  hint = 'Check tenant, client and secret (or the federated credential of the application: issuer, subject, audience).',
): Promise<Token> {
  try {
    const { accessToken, expiresOn } = await ask();
    return { text: accessToken, expiresAt: expiresOn?.getTime() ?? Date.now() };
  } catch (error) {
    if (error instanceof ScanError) throw error;
    throw new ScanError(`Azure gives ${who} no token: ${firstSentence(error)}`, hint, 'credentials', error);
  }
}

/** `AADSTS7000215: Invalid client secret provided`; what follows are ids of the request. */
function firstSentence(error: unknown): string {
  const text = messageOf(error);
  const known = /AADSTS\d+: [^.\r\n]{1,200}/.exec(text)?.[0];
  return known ?? (text.split(/[\r\n]/)[0] ?? '').slice(0, 200);
}
