import * as z from 'zod';
import { flag, listOf, part, text, texts } from '../common/fields.ts';

const External = part({
  isPublic: flag,
  action: texts,
  principal: z.record(z.string(), text).catch({}).default({}),
});

/** Findings of versions 1 and 2 of the API, of access previews, and of EventBridge. */
export const AccessFinding = z.object({
  id: text,
  status: text,
  resource: text,
  resourceType: text,
  resourceOwnerAccount: text,
  accountId: text,
  findingType: text,
  isPublic: flag,
  changeType: text,
  error: text,
  /** Of whoever asked for the list: an answer names neither. */
  region: text,
  analyzerArn: text,
  action: texts,
  principal: z.record(z.string(), text).catch({}).default({}),
  analyzedAt: text,
  updatedAt: text,
  findingDetails: listOf(z.object({ externalAccessDetails: External, internalAccessDetails: External })),
});
export type AccessFinding = z.infer<typeof AccessFinding>;
