import * as z from 'zod';
import { number, pairs, text } from '../common/fields.ts';

/** Something that can be reached from outside, as whoever looked for it wrote it down. */
export const ExposedAsset = z.object({
  /** `ec2`, `elb`, `cloudfront`: a name of the service that finds it and covers it. */
  service: text,
  region: text,
  type: text,
  /** An ARN, or whatever names it for good. */
  id: text,
  name: text,
  /** Where it is reached: an address, a name, or `https://name`. */
  endpoint: text,
  tags: pairs,
  detail: text,
  scan: z
    .object({
      /** Jobs that scan it; none does where it is empty. */
      jobs: z.array(text).catch([]).default([]),
      /** When the newest of them ended well; null for never. */
      at: number,
      /** Too long ago, or never. */
      missing: z.boolean().catch(false).default(false),
    })
    .nullable()
    .catch(null)
    .default(null),
});
export type ExposedAsset = z.infer<typeof ExposedAsset>;

export const Covered = z.array(z.string().regex(/^[^@]+@[^@]+$/));
export const Gaps = z.array(z.string()).catch([]).default([]);
