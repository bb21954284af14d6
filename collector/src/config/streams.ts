import { z } from 'zod';
import { DEFAULTS } from './defaults.ts';
import { bytes, duration, durationOf, withDefault } from './values.ts';

const { streams: defaults } = DEFAULTS;

/** The section `streams` of the file: events that are pushed. */
export const streams = z
  .strictObject({
    linger: duration
      .refine((ms) => ms <= 1_000, 'must be at most 1s')
      .default(defaults.linger)
      .meta({
        description:
          'How long events wait for others to go to the store with them; they are acknowledged when they are there. At most `1s`.',
        default: `${defaults.linger}ms`,
      }),
    batchBytes: withDefault(
      bytes,
      defaults.batchBytes,
      'Size at which a batch of events does not wait any longer.',
    ),
    waitingBytes: withDefault(
      bytes,
      defaults.waitingBytes,
      'Events in memory on their way to the store; more are refused with 429.',
    ),
    backlogBytes: withDefault(
      bytes,
      defaults.backlogBytes,
      'Events (compressed) in the store that are not committed yet; more are refused with 429.',
    ),
    reportBytes: withDefault(
      bytes,
      defaults.reportBytes,
      'Events that are made into one commit of each scope; they are on disk meanwhile, in the folder for temporary files.',
    ),
    every: durationOf(defaults.every, '30s', 'Time between two commits.'),
    takeOver: durationOf(
      defaults.takeOver,
      '2m',
      'How long events of another collector lie before they count as left behind, and whoever sees them commits them.',
    ),
  })
  .prefault({})
  .meta({ description: 'Events that are pushed: [events.md](events.md).' });
