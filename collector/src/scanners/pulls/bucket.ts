import { addAbortSignal, type Readable } from 'node:stream';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ScanError } from '../../errors.ts';
import { proxyAgents } from '../../proxy.ts';
import type { EpochMs } from '../../findings/model.ts';
import { s3OptionsOf } from '../../store/index.ts';
import { bodyOf } from '../../store/s3-body.ts';
import { awsSettings, firstRegion } from './aws.ts';
import type { PullRequest } from './request.ts';

/** Buckets of others, where reports lie: read in streams, with the rights of the job. */

export interface BucketPlace {
  readonly bucket: string;
  /** As it is written, with its slash or without. */
  readonly prefix: string;
  /** `?region=…&endpoint=…&pathStyle=…`, or nothing. */
  readonly parameters: string;
}

const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 60_000;

/** `s3://bucket/prefix/?region=eu-west-1`. @throws ScanError */
export function bucketPlace(target: string): BucketPlace {
  const [, bucket = '', prefix = '', parameters = ''] =
    /^s3:\/\/([^/?#]+)(?:\/([^?#]*))?(\?[^#]*)?$/.exec(target) ?? [];
  try {
    return { bucket, prefix: decodeURIComponent(prefix), parameters };
  } catch (error) {
    throw new ScanError(`${target} is no address of objects`, 'Write a "%" in it as %25.', 'scan', error);
  }
}

/** A client for one bucket. Servers other than AWS's are found as the store finds them. */
export function bucketClient(request: PullRequest, bucket: string, parameters = ''): S3Client {
  const options = s3OptionsOf(`s3://${bucket}${parameters}`, {}, request.context.env);
  return new S3Client({
    ...awsSettings(request)(options.region ?? firstRegion(request)),
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    forcePathStyle: options.forcePathStyle === true,
    followRegionRedirects: true,
    // As the store has it: a connection that hangs must not hold the run until its timeout.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      ...proxyAgents(),
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      socketTimeout: REQUEST_TIMEOUT_MS,
    },
  });
}

export interface ObjectName {
  readonly bucket: string;
  readonly key: string;
  readonly version?: string | undefined;
  /** Only if it is still this one. */
  readonly etag?: string | undefined;
}

export interface FetchedObject {
  readonly body: Readable;
  readonly modifiedAt: EpochMs | null;
}

/** Of the job's timeout: what is still on its way then would take the whole run, and everything else in it, with it. */
const LONGEST_SHARE = 0.9;

/** Ends what is fetched a while before the run itself is ended. Made when the run begins. */
export function fetchingEnds({ job }: PullRequest): AbortSignal {
  return AbortSignal.timeout(Math.floor(job.timeoutMs * LONGEST_SHARE));
}

export function tooSlow(address: string, { job }: PullRequest): string {
  const seconds = Math.floor((job.timeoutMs * LONGEST_SHARE) / 1_000);
  return `${address} is not here after ${seconds} s: give the job a longer timeout`;
}

/** @throws the SDK's error, also in the middle of the body */
export async function fetchObject(
  client: S3Client,
  { bucket, key, version, etag }: ObjectName,
  signal: AbortSignal,
): Promise<FetchedObject> {
  const answer = await client.send(
    new GetObjectCommand({
      Bucket: bucket,
      Key: key,
      ...(version === undefined ? {} : { VersionId: version }),
      ...(etag === undefined ? {} : { IfMatch: etag }),
    }),
    { abortSignal: signal },
  );
  return { body: addAbortSignal(signal, bodyOf(answer)), modifiedAt: answer.LastModified?.getTime() ?? null };
}

/** What an object that can't be fetched means for whoever wants it. */
export type FetchProblem =
  /** It is not there any more, or is another one now. */
  | 'gone'
  /** It lies in an archive that nothing can be read from. */
  | 'archived'
  /** It is not given, this one at least: a right is missing, or its key is switched off or the sender's own. */
  | 'denied'
  /** The bucket does not answer, or not now. */
  | 'away';

/** Too late, too often: of the bucket, not of the object. */
const PASSING = new Set([408, 425, 429]);

export function fetchProblemOf(error: unknown): FetchProblem {
  if (!(error instanceof Error)) return 'away';
  if (/^(?:NoSuchKey|NoSuchVersion|NotFound|PreconditionFailed|MethodNotAllowed)$/.test(error.name))
    return 'gone';
  if (error.name === 'InvalidObjectState') return 'archived';
  if (error.name === 'NoSuchBucket') return 'denied';
  const status =
    '$metadata' in error && isMetadata(error.$metadata) ? error.$metadata.httpStatusCode : undefined;
  // A HEAD has no body that would say it by name.
  if (status === 404 || status === 412) return 'gone';
  return status !== undefined && status >= 400 && status < 500 && !PASSING.has(status) ? 'denied' : 'away';
}

function isMetadata(value: unknown): value is { readonly httpStatusCode?: number } {
  return typeof value === 'object' && value !== null;
}

export function errorName(error: unknown): string {
  return error instanceof Error && error.name !== 'Error' ? error.name : String(error);
}
