import type {
  AuthClient,
  AwsClientOptions,
  IdentityPoolClientOptions,
  JWTOptions,
} from 'google-auth-library';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf, ScanError } from '../../errors.ts';
import type { GcpAccess } from '../credentials/gcp.ts';
import type { CredentialContext } from '../credentials/index.ts';
import { allPages, askCloud } from './http.ts';

/** Google's Cloud Resource Manager, as one identity. */
export interface GcpApi {
  /** Every page of a list. @throws CloudRefusal, CloudSilence, ScanError `credentials` */
  list<T>(path: string, query: Readonly<Record<string, string>>, page: z.ZodType<T>): Promise<T[]>;
  post<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T>;
  who(): Promise<string>;
}

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform.read-only';
const PAGE_SIZE = '300';
/** The variable of Google's own tools, for private endpoints. */
const ENDPOINT_VARIABLE = 'CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER';

/** @param access undefined: the application default credentials */
export async function gcpApi(access: GcpAccess | undefined, context: CredentialContext): Promise<GcpApi> {
  const { client, name } = await signedIn(access, context);
  const endpoint = (
    context.env[ENDPOINT_VARIABLE] ?? `https://cloudresourcemanager.${client.universeDomain}`
  ).replace(/\/+$/, '');
  const headers = async (): Promise<Headers> => {
    try {
      return new Headers(await client.getRequestHeaders(endpoint));
    } catch (error) {
      throw noToken(name, error);
    }
  };
  return {
    async list(path, query, page) {
      const pages: z.infer<typeof page>[] = [];
      const next = z.object({ nextPageToken: z.string().optional() });
      await allPages('', async (pageToken) => {
        const search = new URLSearchParams({
          ...query,
          pageSize: PAGE_SIZE,
          ...(pageToken === '' ? {} : { pageToken }),
        });
        const url = `${endpoint}/v3/${path}?${search.toString()}`;
        const found = await askCloud({ url, headers }, z.intersection(page, next));
        pages.push(found);
        // A page may be empty and yet not be the last one.
        return found.nextPageToken === undefined || found.nextPageToken === '' ? null : found.nextPageToken;
      });
      return pages;
    },
    post: (path, body, schema) =>
      askCloud({ method: 'POST', url: `${endpoint}/v3/${path}`, headers, body }, schema),
    who: async () => {
      await headers();
      return name;
    },
  };
}

interface SignedIn {
  readonly client: AuthClient;
  readonly name: string;
}

const keySchema = z.object({
  type: z.literal('service_account'),
  client_email: z.string(),
  private_key: z.string(),
  private_key_id: z.string().optional(),
  universe_domain: z.string().optional(),
});
const identityParts = z.object({
  type: z.literal('external_account'),
  audience: z.string(),
  subject_token_type: z.string(),
  token_url: z.string(),
});
/** A token out of a file or from an address. The library looks at the rest; one that runs a program is not taken. */
const fileOrUrl = identityParts.extend({
  credential_source: z.union([z.object({ file: z.string() }), z.object({ url: z.string() })]),
});
/** The role of a machine at AWS. */
const ofAws = identityParts.extend({ credential_source: z.object({ environment_id: z.string() }) });
const awsIdentity = z.custom<AwsClientOptions>((value) => ofAws.safeParse(value).success);
const otherIdentity = z.custom<IdentityPoolClientOptions>((value) => fileOrUrl.safeParse(value).success);

/** Requests go where all of ours go. */
const TRANSPORT = { transporterOptions: { fetchImplementation: fetch } };

async function signedIn(access: GcpAccess | undefined, { secrets }: CredentialContext): Promise<SignedIn> {
  // Only here: most collectors have no Google Cloud.
  const { AwsClient, GoogleAuth, IdentityPoolClient, JWT } = await import('google-auth-library');
  if (access === undefined) {
    const auth = new GoogleAuth({ scopes: [SCOPE], clientOptions: TRANSPORT });
    try {
      const client = await auth.getClient();
      const { client_email: email } = await auth.getCredentials();
      return { client, name: email ?? 'the application default credentials' };
    } catch (error) {
      throw noToken('the application default credentials', error);
    }
  }
  const [where, text] =
    access.key === undefined
      ? [`the file ${access.credentialsFile ?? ''}`, await textOf(access.credentialsFile ?? '')]
      : ['the key', await secrets.read(access.key)];
  const document = documentOf(text);
  const key = keySchema.safeParse(document);
  if (key.success) {
    const client = new JWT(jwtOptions(key.data));
    // A token that the key signs itself: no service is asked for one, in no universe.
    client.useJWTAccessWithScope = true;
    return { client, name: key.data.client_email };
  }
  const file = otherIdentity.safeParse(document);
  const aws = awsIdentity.safeParse(document);
  const client = file.success
    ? new IdentityPoolClient({ ...file.data, ...TRANSPORT })
    : aws.success
      ? new AwsClient({ ...aws.data, ...TRANSPORT })
      : null;
  if (client === null) {
    throw new ScanError(
      `${where} is neither a key of a service account nor the configuration of a workload identity`,
      'Take the JSON file as Google gave it: "type" is service_account or external_account.',
      'credentials',
    );
  }
  client.scopes = [SCOPE];
  return { client, name: client.getServiceAccountEmail() ?? `a workload identity out of ${where}` };
}

function jwtOptions(key: z.infer<typeof keySchema>): JWTOptions {
  return {
    email: key.client_email,
    key: key.private_key,
    ...(key.private_key_id === undefined ? {} : { keyId: key.private_key_id }),
    ...(key.universe_domain === undefined ? {} : { universeDomain: key.universe_domain }),
    scopes: [SCOPE],
    ...TRANSPORT,
  };
}

/** Not the parser's own words: they quote the text. */
function documentOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new ScanError(
      `the file ${path} can't be read: ${messageOf(error).split(':')[0] ?? ''}`,
      'Check its path and rights.',
      'credentials',
      error,
    );
  }
}

function noToken(who: string, error: unknown): ScanError {
  if (error instanceof ScanError) return error;
  return new ScanError(
    `Google gives ${who} no token: ${(messageOf(error).split(/\. |[\r\n]/)[0] ?? '').slice(0, 200)}`,
    'Check the key, or the pool and provider of the workload identity and that it may act as the service account.',
    'credentials',
    error,
  );
}
