import { z } from 'zod';
import type { ObjectName } from './bucket.ts';

/** What a message of a queue says. Its text is anybody's. */
export type Letter =
  /** These objects were written. */
  | { readonly kind: 'objects'; readonly objects: readonly NamedObject[] }
  /** A security service has found something, or says that it is over. */
  | { readonly kind: 'event'; readonly event: FindingEvent }
  /** Known, and nothing to do: a test of the notification, an object that was deleted. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unreadable'; readonly why: string };

export interface NamedObject extends ObjectName {
  readonly region?: string | undefined;
  readonly size: number;
}

export interface FindingEvent {
  readonly source: string;
  /** Two events of the same finding have the same; the newer one counts. */
  readonly finding: string;
  /** As EventBridge has it, in ISO 8601. */
  readonly time: string;
  /** The envelope with the finding in it, in one line. */
  readonly line: string;
}

/** Detail types of EventBridge, and which source reads them. Security Hub has several of its own, by who sent the finding. */
const SOURCES: readonly { readonly type: RegExp; readonly source: string }[] = [
  { type: /^Security Hub Findings - /, source: 'asff' },
  { type: /^GuardDuty Finding$/, source: 'guardduty' },
  { type: /^Inspector2 Finding$/, source: 'inspector2' },
  { type: /^Macie Finding$/, source: 'macie' },
  { type: /^Access Analyzer Finding$/, source: 'access-analyzer' },
];

/** They become part of an address: nothing that could make it another one. */
const bucketShape = z.object({ name: z.string().regex(/^[A-Za-z0-9][\w.-]{2,254}$/) });
const regionShape = z
  .string()
  .regex(/^[a-z0-9-]{1,40}$/)
  .optional();
const snsShape = z.object({ Type: z.literal('Notification'), TopicArn: z.string(), Message: z.string() });
const testShape = z.object({ Service: z.literal('Amazon S3'), Event: z.literal('s3:TestEvent') });
const recordsShape = z.object({
  Records: z
    .array(
      z.object({
        eventSource: z.literal('aws:s3'),
        eventName: z.string(),
        awsRegion: regionShape,
        s3: z.object({
          bucket: bucketShape,
          object: z.object({
            key: z.string().min(1),
            size: z.number().optional(),
            versionId: z.string().optional(),
          }),
        }),
      }),
    )
    .min(1),
});
const eventShape = z.object({
  'detail-type': z.string(),
  source: z.string(),
  time: z.string().default(''),
  region: regionShape,
  detail: z.looseObject({}),
});
const createdShape = z.object({
  bucket: bucketShape,
  object: z.object({
    key: z.string().min(1),
    size: z.number().optional(),
    'version-id': z.string().optional(),
  }),
});
/** Whichever the service calls it. */
const findingShape = z.object({
  id: z.string().optional(),
  findingArn: z.string().optional(),
  findings: z.array(z.object({ Id: z.string().optional() })).optional(),
});

/** Reads the body of a message: of S3, also through SNS, or of EventBridge. */
export function readLetter(body: string): Letter {
  const value = jsonOf(body);
  const wrapped = snsShape.safeParse(value);
  return wrapped.success ? readPlain(jsonOf(wrapped.data.Message)) : readPlain(value);
}

function readPlain(value: unknown): Letter {
  if (testShape.safeParse(value).success) return { kind: 'nothing' };
  const records = recordsShape.safeParse(value);
  if (records.success) return ofS3(records.data);
  const event = eventShape.safeParse(value);
  if (event.success) return ofEventBridge(event.data);
  return { kind: 'unreadable', why: 'it is neither a notification of S3 nor an event of EventBridge' };
}

function ofS3({ Records }: z.infer<typeof recordsShape>): Letter {
  const objects = Records.filter(({ eventName }) => /^(?:s3:)?ObjectCreated:/.test(eventName)).flatMap(
    ({ awsRegion, s3: { bucket, object } }): NamedObject[] => {
      // In these notifications, and only there, keys are encoded as in a form.
      const key = decoded(object.key.replaceAll('+', ' '));
      return isFolder(key, object.size)
        ? []
        : [
            {
              ...{ bucket: bucket.name, key, version: object.versionId },
              ...{ region: awsRegion, size: object.size ?? 0 },
            },
          ];
    },
  );
  return objects.length === 0 ? { kind: 'nothing' } : { kind: 'objects', objects };
}

function ofEventBridge(event: z.infer<typeof eventShape>): Letter {
  const type = event['detail-type'];
  if (event.source === 'aws.s3') return ofS3Event(event);
  const known = SOURCES.find((one) => one.type.test(type));
  if (known === undefined)
    return {
      kind: 'unreadable',
      why: `events of the kind ${JSON.stringify(type.slice(0, 80))} are no findings`,
    };
  const { id, findingArn, findings = [] } = findingShape.safeParse(event.detail).data ?? {};
  const only = findings.length === 1 ? findings[0]?.Id : undefined;
  const line = JSON.stringify(event);
  return {
    kind: 'event',
    event: { source: known.source, finding: findingArn ?? id ?? only ?? line, time: event.time, line },
  };
}

function ofS3Event({ region, detail, ...event }: z.infer<typeof eventShape>): Letter {
  if (event['detail-type'] !== 'Object Created') return { kind: 'nothing' };
  const created = createdShape.safeParse(detail);
  if (!created.success) return { kind: 'unreadable', why: 'it names no object' };
  const { bucket, object } = created.data;
  if (isFolder(object.key, object.size)) return { kind: 'nothing' };
  const named = { bucket: bucket.name, key: object.key, version: object['version-id'], region };
  return { kind: 'objects', objects: [{ ...named, size: object.size ?? 0 }] };
}

/** What consoles make to show a folder. */
function isFolder(key: string, size: number | undefined): boolean {
  return key.endsWith('/') && (size ?? 0) === 0;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
