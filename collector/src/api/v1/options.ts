import type { Logger } from 'pino';
import type { ReadingOptions } from '../../ingest/ingest.ts';
import type { Committer } from '../../lake/committer.ts';
import type { PublishOptions } from '../../reports/publish.ts';
import type { InputLimits } from '../../sources/input/index.ts';
import type { Warehouse } from '../../warehouse/contract.ts';
import type { AccessOptions, Audit } from '../access/index.ts';
import { HttpProblem } from '../problem.ts';
import type { Intake } from '../streams/intake.ts';

/** What the routes of the API work with. */
export interface ApiOptions {
  readonly committer: Committer;
  readonly log: Logger;
  /** null: nothing can be asked; reports can be brought and verdicts be given all the same. */
  readonly warehouse: Warehouse | null;
  readonly access: AccessOptions;
  readonly audit: Audit;
  /** Bounds of reports that are brought. */
  readonly limits: Partial<InputLimits>;
  /** What the configuration says of reading them. */
  readonly reading: ReadingOptions;
  /** How the report is made and published after one was brought. */
  readonly report: PublishOptions;
  /** What takes in events that are pushed; without it nothing does. */
  readonly intake?: Intake | undefined;
}

/** @throws HttpProblem 503 where there is none */
export function warehouseOf({ warehouse }: ApiOptions): Warehouse {
  if (warehouse !== null) return warehouse;
  throw new HttpProblem(503, 'No warehouse', 'This server runs without a warehouse: it answers no queries.', {
    hint: 'Start it with `sightline serve`, which makes one from the bucket.',
  });
}
