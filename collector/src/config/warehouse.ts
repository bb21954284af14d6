import { z } from 'zod';
import { DEFAULTS } from './defaults.ts';
import { bytes, count, flag, numeric, text, withDefault } from './values.ts';

const { warehouse: defaults } = DEFAULTS;

const timezone = text.refine(
  (name) => {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
    } catch {
      return false;
    }
  },
  { message: 'must be the name of a time zone, such as Europe/Berlin or UTC' },
);

/** The section `warehouse` of the file: what the server answers queries from. */
export const warehouse = z
  .strictObject({
    path: withDefault(
      text,
      defaults.path,
      'Folder of the mirror. It is a cache: it may be deleted at any time, and no two servers may share it.',
    ),
    memory: withDefault(
      bytes,
      defaults.memory,
      'Memory of the query engine; the process needs 500 MB beside it.',
    ),
    threads: count
      .optional()
      .meta({ description: 'Threads of the query engine; by default as many as there are cores.' }),
    concurrency: withDefault(count, defaults.concurrency, 'Queries that run at once; more wait.'),
    refresh: withDefault(
      numeric(z.number().min(1).max(86_400)),
      defaults.refresh,
      'Seconds between two looks at the store.',
    ),
    queryTimeout: withDefault(
      numeric(z.number().positive().max(3_600)),
      defaults.queryTimeout,
      'Seconds after which a query is given up.',
    ),
    sql: withDefault(
      flag,
      defaults.sql,
      'Whether queries in SQL are taken: they read, and are only for callers who may see everything.',
    ),
    timezone: withDefault(
      timezone,
      defaults.timezone,
      'Time zone of days, weeks and months where a query names none: alert rules never do.',
    ),
    maxRows: withDefault(count, defaults.maxRows, 'Rows of one answer; what is cut off is said.'),
  })
  .prefault({})
  .meta({ description: 'What `sightline serve` answers queries from: a mirror of the store.' });
