import * as z from 'zod';
import { flag, number, pairs, part, text } from '../common/fields.ts';

export const MacieFinding = z.object({
  id: text,
  accountId: text,
  archived: flag,
  sample: flag,
  category: text,
  type: text,
  title: text,
  description: text,
  region: text,
  updatedAt: text,
  count: number,
  severity: part({ description: text, score: number }),
  resourcesAffected: part({
    s3Bucket: part({ arn: text, name: text }),
    s3Object: part({ bucketArn: text, key: text, path: text }),
  }),
  tags: pairs,
});
export type MacieFinding = z.infer<typeof MacieFinding>;
