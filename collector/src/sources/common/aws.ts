import { firstOf } from './values.ts';

export interface Arn {
  readonly service: string;
  readonly region: string;
  readonly account: string;
  readonly resource: string;
}

/** Parts of an ARN, '' where it has none; null where the text is no ARN. */
export function arnOf(text: string): Arn | null {
  const match = /^arn:[^:]*:([^:]*):([^:]*):([^:]*):(.*)$/s.exec(text.trim());
  if (match === null) return null;
  const [, service = '', region = '', account = '', resource = ''] = match;
  return { service, region, account, resource };
}

/** Accounts lose their leading zeros where something took them for numbers. */
export function accountOf(text: string): string {
  const account = text.trim();
  return /^\d{1,11}$/.test(account) ? account.padStart(12, '0') : account;
}

export function regionOf(...texts: readonly string[]): string {
  return firstOf(...texts).toLowerCase() || 'global';
}

/** `s3` of `AWS::S3::Bucket`, `AwsS3Bucket`, `AWS_EC2_INSTANCE`; '' where the type names no service. */
export function serviceOfType(type: string): string {
  const word =
    /^AWS::([^:]+)::/.exec(type)?.[1] ??
    /^Aws([A-Z][a-z0-9]*)/.exec(type)?.[1] ??
    /^AWS_([A-Z0-9]+)_/.exec(type)?.[1];
  return (word ?? '').toLowerCase();
}

/** What an event of EventBridge is about; anything else as it is. */
export function eventDetail(value: unknown): unknown {
  const isEvent = typeof value === 'object' && value !== null && 'detail-type' in value && 'detail' in value;
  return isEvent ? value.detail : value;
}
