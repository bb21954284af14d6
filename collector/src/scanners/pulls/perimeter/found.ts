import type { AwsSettings } from '../aws.ts';

/** Something that can be reached from outside, as a service tells of it. */
export interface Found {
  readonly service: string;
  /** `global` where it has none. */
  readonly region: string;
  /** In words for people: `load balancer`. */
  readonly type: string;
  /** An ARN, or whatever names it for good. */
  readonly id: string;
  readonly name: string;
  /** An address, a name, or `https://name`. */
  readonly endpoint: string;
  readonly tags: Readonly<Record<string, string>>;
  /** A sentence more for people; '' for none. */
  readonly detail: string;
}

export interface Discovered {
  readonly found: readonly Found[];
  /** `ec2@eu-west-1`, or `network@*` for all regions: asked to the end. */
  readonly covered: readonly string[];
  /** What could not be asked, each in a sentence. */
  readonly gaps: readonly string[];
}

/** A call that was refused, with the right that it takes. */
export class Refused extends Error {
  readonly right: string;
  constructor(right: string, cause: unknown) {
    super(right, { cause });
    this.right = right;
  }
}

/** @throws Refused */
export async function asked<T>(right: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw error instanceof Refused ? error : new Refused(right, error);
  }
}

export interface AwsPlace {
  readonly account: string;
  /** Of what has no region, the one where it is asked for. */
  readonly region: string;
  readonly settings: AwsSettings;
  readonly signal: AbortSignal;
  /** Adds an asset; what is found before a call is refused stays found. */
  readonly add: (asset: Omit<Found, 'service' | 'region'>) => void;
}

/** What a service of AWS exposes. One file each, and one line in index.ts. */
export interface AwsFinder {
  /** Names the service in findings and what is covered. */
  readonly service: string;
  readonly global: boolean;
  /** A partition that does not have it. */
  readonly notIn?: string;
  /** Asks all there is to ask. @throws Refused; nothing that was not found then closes */
  readonly find: (place: AwsPlace) => Promise<void>;
}

interface SdkTag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

export function tagsOf(tags: readonly SdkTag[] | undefined): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { Key, Value } of tags ?? []) if (Key !== undefined) found[Key] = Value ?? '';
  return found;
}

/** `aws`, or what stands in its place in China and for governments. */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** Where a browser would go: the first that is encrypted, else the first that is not; the bare name where nothing speaks HTTP. */
export function siteOf(
  host: string,
  listeners: readonly { readonly protocol: string; readonly port: number }[],
): string {
  const inOrder = [...listeners].sort((a, b) => a.port - b.port);
  for (const scheme of ['https', 'http']) {
    const found = inOrder.find(({ protocol }) => protocol.toLowerCase() === scheme);
    if (found === undefined) continue;
    const usual = found.port === (scheme === 'https' ? 443 : 80);
    return `${scheme}://${host}${usual ? '' : `:${found.port}`}`;
  }
  return host;
}

export function listening(
  listeners: readonly { readonly protocol: string; readonly port: number }[],
): string {
  if (listeners.length === 0) return 'Nothing listens on it.';
  return `It listens on ${listeners.map(({ protocol, port }) => `${port}/${protocol}`).join(', ')}.`;
}

/** Parts of at most so many. */
export function inParts<T>(list: readonly T[], most: number): T[][] {
  const parts: T[][] = [];
  for (let from = 0; from < list.length; from += most) parts.push(list.slice(from, from + most));
  return parts;
}
