import * as z from 'zod';
import { listOf, part, text } from '../common/fields.ts';

/** Of a basic scan. */
export const BasicFinding = z.object({
  name: text,
  description: text,
  uri: text,
  severity: text,
  attributes: listOf(z.object({ key: text, value: text })),
});
export type BasicFinding = z.infer<typeof BasicFinding>;

/** What a job writes of an image: `describe-image-scan-findings`, and the region that it was asked in. */
export const ListedImage = z.object({
  registryId: text,
  repositoryName: text,
  region: text,
  imageScanFindings: part({ findings: listOf(BasicFinding), enhancedFindings: listOf(z.unknown()) }),
});
export type ListedImage = z.infer<typeof ListedImage>;
