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

/** What a service of Google Cloud is asked, as one identity. */
export interface GcpLists {
  /** Every page of a list. @throws CloudRefusal, CloudSilence, ScanError `credentials` */
  list<T>(path: string, query: Readonly<Record<string, string>>, page: z.ZodType<T>): Promise<T[]>;
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>;
}

/** Google's Cloud Resource Manager. */
export interface GcpApi extends GcpLists {
  post<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T>;
  who(): Promise<string>;
  /** Another service, as the same identity. */
  service(service: GcpService): GcpLists;
}

export interface GcpService {
  /** Of its host, and of the variable that Google's own tools read for private endpoints. */
  readonly name: string;
  /** `compute/v1`; before every path. */
  readonly base: string;
  /** How it cuts lists into pages; Google's usual way by default. */
  readonly paging?: Paging;
}

interface Paging {
  readonly size: readonly [parameter: string, most: string];
  readonly token: string;
  /** Finds in an answer what the next page is asked for with. */
  readonly next: z.ZodType<string | undefined>;
}

const next = z
  .object({ nextPageToken: z.string().optional() })
  .transform(({ nextPageToken }) => nextPageToken);
const USUAL: Paging = { size: ['pageSize', '300'], token: 'pageToken', next };
/** Of the older services. */
export const MAX_RESULTS: Paging = { size: ['maxResults', '500'], token: 'pageToken', next };

const RESOURCE_MANAGER: GcpService = { name: 'cloudresourcemanager', base: 'v3' };

/** For Resource Manager, and for whatever knows it. */
const READ_ONLY = 'https://www.googleapis.com/auth/cloud-platform.read-only';
/** Compute Engine, Cloud Run and Cloud Functions take no smaller one that all of them know. The roles of the identity are the limit. */
export const EVERY_SERVICE = 'https://www.googleapis.com/auth/cloud-platform';

export interface GcpOptions {
  readonly scope?: string;
  /** Ends what is asked. */
  readonly signal?: AbortSignal;
}

/** @param access undefined: the application default credentials */
export async function gcpApi(
  access: GcpAccess | undefined,
  context: CredentialContext,
  { scope = READ_ONLY, signal }: GcpOptions = {},
): Promise<GcpApi> {
  const { client, name } = await signedIn(access, context, scope);
  const addressOf = ({ name: service, base }: GcpService): string => {
    const given = context.env[`CLOUDSDK_API_ENDPOINT_OVERRIDES_${service.toUpperCase()}`];
    const address = (given ?? `https://${service}.${client.universeDomain}`).replace(/\/+$/, '');
    // Google's own tools have the version in some of these.
    return address.endsWith(`/${base}`) ? address : `${address}/${base}`;
  };
  const headersFor = (address: string) => async (): Promise<Headers> => {
    try {
      return new Headers(await client.getRequestHeaders(address));
    } catch (error) {
      throw noToken(name, error);
    }
  };
  const lists = (service: GcpService): GcpLists => {
    const { paging = USUAL } = service;
    const address = addressOf(service);
    const headers = headersFor(address);
    return {
      list: (path, query, page) =>
        everyPage(paging, page, (asked, schema) => {
          const search = new URLSearchParams({ ...query, ...asked });
          return askCloud({ url: `${address}/${path}?${search.toString()}`, headers, signal }, schema);
        }),
      get: (path, schema) => askCloud({ url: `${address}/${path}`, headers, signal }, schema),
    };
  };
  const manager = addressOf(RESOURCE_MANAGER);
  const headers = headersFor(manager);
  return {
    ...lists(RESOURCE_MANAGER),
    service: lists,
    post: (path, body, schema) =>
      askCloud({ method: 'POST', url: `${manager}/${path}`, headers, body, signal }, schema),
    who: async () => {
      await headers();
      return name;
    },
  };
}

async function everyPage<T>(
  { size: [parameter, most], token, next: nextOf }: Paging,
  page: z.ZodType<T>,
  ask: <A>(query: Readonly<Record<string, string>>, schema: z.ZodType<A>) => Promise<A>,
): Promise<T[]> {
  const pages: T[] = [];
  const both = z
    .unknown()
    .transform((answer) => ({ found: page.parse(answer), following: nextOf.parse(answer) }));
  await allPages('', async (from) => {
    const { found, following = '' } = await ask(
      { [parameter]: most, ...(from === '' ? {} : { [token]: from }) },
      both,
    );
    pages.push(found);
    // A page may be empty and yet not be the last one.
    return following === '' ? null : following;
  });
  return pages;
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

async function signedIn(
  access: GcpAccess | undefined,
  { secrets }: CredentialContext,
  scope: string,
): Promise<SignedIn> {
  // Only here: most collectors have no Google Cloud.
  const { AwsClient, GoogleAuth, IdentityPoolClient, JWT } = await import('google-auth-library');
  if (access === undefined) {
    const auth = new GoogleAuth({ scopes: [scope], clientOptions: TRANSPORT });
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
    const client = new JWT(jwtOptions(key.data, scope));
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
  client.scopes = [scope];
  return { client, name: client.getServiceAccountEmail() ?? `a workload identity out of ${where}` };
}

function jwtOptions(key: z.infer<typeof keySchema>, scope: string): JWTOptions {
  return {
    email: key.client_email,
    key: key.private_key,
    ...(key.private_key_id === undefined ? {} : { keyId: key.private_key_id }),
    ...(key.universe_domain === undefined ? {} : { universeDomain: key.universe_domain }),
    scopes: [scope],
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
