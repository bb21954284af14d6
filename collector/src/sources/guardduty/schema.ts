import * as z from 'zod';
import { flag, number, part, text } from '../common/fields.ts';

/** A finding with the names that the API gives to its members; what is exported to S3 and EventBridge begins them in lower case. */
export const GuardDutyFinding = z.object({
  Id: text,
  Arn: text,
  AccountId: text,
  Region: text,
  Type: text,
  Title: text,
  Description: text,
  Severity: number,
  UpdatedAt: text,
  Service: part({
    Archived: flag,
    Count: number,
    EventLastSeen: text,
    DetectorId: text,
    ServiceName: text,
    FeatureName: text,
  }),
  Resource: part({
    ResourceType: text,
    InstanceDetails: part({ InstanceId: text }),
    AccessKeyDetails: part({ UserName: text, UserType: text, PrincipalId: text }),
    EksClusterDetails: part({ Name: text, Arn: text }),
    LambdaDetails: part({ FunctionName: text, FunctionArn: text }),
    RdsDbInstanceDetails: part({ DbInstanceIdentifier: text, DbInstanceArn: text }),
    EcsClusterDetails: part({ Name: text, Arn: text }),
    S3BucketDetails: z
      .array(z.object({ Name: text, Arn: text }))
      .catch([])
      .default([]),
  }),
});
export type GuardDutyFinding = z.infer<typeof GuardDutyFinding>;

/** Members with a capital first letter, all the way down. */
export function capitalised(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(capitalised);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key.charAt(0).toUpperCase() + key.slice(1),
      capitalised(member),
    ]),
  );
}
