import { fillIn } from '../template.ts';
import type { ProgramKind } from './kind.ts';

/** Any program that leaves reports behind which Sightline reads. */
export const command: ProgramKind = {
  run: 'program',
  id: 'command',
  title: 'any command',
  per: 'any',
  clouds: [],
  modes: [],
  successExitCodes: [0],
  reports: ['**/*'],
  passes: [],
  argv: (job, places) => fillIn(job.command ?? [], places),
};
