import type { Logger } from 'pino';
import type { EpochMs } from '../../findings/model.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { writeAudit } from './audit-entry.ts';
import { accessOf, addressOfCaller } from './middleware.ts';
import type { Audit } from './types.ts';

/** Who changed what through the API: to the bucket, and to the log. */
export function createAudit(log: Logger, store: ObjectStore, now: () => EpochMs): Audit {
  const trail = { log, store, now };
  return {
    record: async ({ res: response }, entry) => {
      if (response === undefined) throw new RangeError('the request is not being answered');
      const { subject } = accessOf(response);
      await writeAudit(trail, { subject, address: addressOfCaller(response) }, entry);
    },
  };
}
