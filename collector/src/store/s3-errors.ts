import { StoreError } from '../errors.ts';

/** What a failed request tells, whatever class the SDK or Node threw. */
export interface RequestFailure {
  /** S3's error code or Node's, letters only; `Error` where there is none. */
  readonly code: string;
  /** HTTP status, undefined where no answer came. */
  readonly status: number | undefined;
  /** How often the SDK sent it, 0 when it failed before sending. */
  readonly attempts: number;
  /** The region that the bucket is in, where the answer says so. */
  readonly region: string | undefined;
}

const CODE = /^[A-Za-z0-9_.-]{1,60}$/;
const REGION = /^[a-z0-9-]{2,30}$/;

export function failureOf(error: unknown): RequestFailure {
  const metadata = field(error, '$metadata');
  const status = field(metadata, 'httpStatusCode');
  const attempts = field(metadata, 'attempts');
  // Node's code says more than the name: an AggregateError, a TypeError, an Error.
  const code = [field(error, 'code'), field(error, 'Code'), field(error, 'name')].find(isCode) ?? 'Error';
  const region =
    field(error, 'Region') ?? field(field(field(error, '$response'), 'headers'), 'x-amz-bucket-region');
  return {
    code,
    status: typeof status === 'number' ? status : undefined,
    attempts: typeof attempts === 'number' ? attempts : 0,
    region: typeof region === 'string' && REGION.test(region) ? region : undefined,
  };
}

interface Explanation {
  readonly when: RegExp;
  readonly says: string;
  readonly hint: string;
}

/** The first that matches `code status` counts. */
const EXPLANATIONS: readonly Explanation[] = [
  {
    when: /^NoSuchBucket /,
    says: 'there is no such bucket',
    hint: 'Create the bucket, or correct its name, the endpoint or the region.',
  },
  {
    when: /^NotFound 404$/,
    says: 'nothing there speaks S3',
    hint: 'Check the endpoint: its address, port and path.',
  },
  {
    when: /^(CredentialsProviderError|CredentialsError) |^(NoCredentials|MissingCredentials)/,
    says: 'no credentials were found',
    hint: 'Give a role, a profile (AWS_PROFILE) or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
  },
  {
    when: /^(InvalidAccessKeyId|SignatureDoesNotMatch|InvalidToken|InvalidSecurity|TokenRefreshRequired) /,
    says: 'the credentials are not valid there',
    hint: 'Check which credentials are in force (role, AWS_PROFILE, AWS_ACCESS_KEY_ID) and that they belong to this endpoint.',
  },
  {
    when: /^(ExpiredToken|ExpiredTokenException|RequestExpired) /,
    says: 'the credentials have expired',
    hint: 'Sign in again or renew the session, then run it again.',
  },
  {
    when: /^(RequestTimeTooSkewed|RequestInTheFuture) /,
    says: "this machine's clock is off by too much",
    hint: 'Set the clock (NTP), then run it again.',
  },
  {
    when: /^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException|TemporaryRedirect) | 30[1278]$/,
    says: 'the bucket is in another region',
    hint: "Give the bucket's region: ?region=… in the URL, or AWS_REGION.",
  },
  {
    when: /^KMS\./,
    says: 'the encryption key does not work',
    hint: 'Check the KMS key (kmsKey=…), that it is enabled, and that these credentials may use it (kms:GenerateDataKey, kms:Decrypt).',
  },
  {
    when: /^(AccessDenied|AllAccessDisabled|AccountProblem|Forbidden|UnauthorizedAccess) | 40[13]$/,
    says: 'access was denied',
    hint: 'These credentials need s3:GetObject, s3:PutObject, s3:DeleteObject on the objects and s3:ListBucket on the bucket.',
  },
  {
    when: /^(EntityTooLarge|MaxMessageLengthExceeded) | 413$/,
    says: 'the object is too large for that endpoint',
    hint: 'Raise the limit of the endpoint, or split the report.',
  },
  {
    when: /^(QuotaExceeded|XMinioStorageFull|InsufficientStorage) | 507$/,
    says: 'the storage is full',
    hint: 'Free some space or raise the quota, then run it again.',
  },
  {
    when: /^(NotImplemented|MethodNotAllowed) | (405|501)$/,
    says: 'the endpoint does not know this request',
    hint: 'A store needs an S3-compatible endpoint with conditional writes (If-Match, If-None-Match).',
  },
  {
    when: /^(SlowDown|Throttling\w*|TooManyRequests\w*|RequestLimitExceeded) | (429|503)$/,
    says: 'the endpoint asks to slow down',
    hint: 'Run it again later, or with fewer writers at once.',
  },
  {
    when: /^(ENOTFOUND|EAI_AGAIN) /,
    says: "the endpoint's name can't be resolved",
    hint: 'Check the endpoint and the region for typing errors, and the DNS of this machine.',
  },
  {
    when: /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH) /,
    says: 'the endpoint refuses the connection',
    hint: 'Check that it runs, and its address and port.',
  },
  {
    when: /^(TimeoutError|ETIMEDOUT|ESOCKETTIMEDOUT|RequestTimeout|AbortError) /,
    says: 'no answer came in time',
    hint: 'Check the network and the proxy settings, then run it again.',
  },
  {
    when: /^(ECONNRESET|EPIPE|ECONNABORTED|UND_ERR_SOCKET|IncompleteBody) /,
    says: 'the connection was cut',
    hint: 'Run it again; if it stays so, check the network and the proxy in between.',
  },
  {
    when: /CERT|SELF_SIGNED|UNABLE_TO_|^ERR_(SSL|TLS)|^EPROTO /,
    says: "the endpoint's certificate is not trusted, or it speaks no TLS",
    hint: 'Name its certificate authority in NODE_EXTRA_CA_CERTS, or check http against https in the endpoint.',
  },
  {
    when: / 5\d\d$/,
    says: 'the endpoint failed',
    hint: 'Run it again; if it stays so, look at the log of the endpoint.',
  },
];

/**
 * A sentence and the next step for any failure of a request. Only the code and the status of the answer are shown: the text
 * of an answer may repeat an access key.
 * @param doing what failed, as in "cannot <doing>"
 */
export function s3Error(error: unknown, doing: string, where: string): StoreError {
  if (error instanceof StoreError) return error;
  const { code, status, region } = failureOf(error);
  const known = isRegionMissing(error)
    ? { says: 'no region is set', hint: 'Give ?region=… in the URL, or AWS_REGION.' }
    : EXPLANATIONS.find(({ when }) => when.test(`${code} ${status ?? ''}`));
  const answer = status === undefined ? code : `${code}, HTTP ${status}`;
  const hint = known?.hint ?? 'Check that the endpoint is S3-compatible and what its log says.';
  const regionHint =
    region !== undefined && known?.says.includes('region') === true ? ` It is in ${region}.` : '';
  return new StoreError(
    `cannot ${doing} in ${where}: ${known?.says ?? 'the request failed'} (${answer})`,
    `${hint}${regionHint}`,
    'store',
    new Error(answer),
  );
}

function isRegionMissing(error: unknown): boolean {
  return error instanceof Error && error.message === 'Region is missing';
}

function isCode(value: unknown): value is string {
  return typeof value === 'string' && CODE.test(value);
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
