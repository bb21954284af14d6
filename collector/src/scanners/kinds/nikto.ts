import { harmless, valuesOf } from '../template.ts';
import type { ProgramKind } from './kind.ts';

/** Nikto 2.5. Some versions end with 1 when they found something. @see https://github.com/sullo/nikto/wiki */
export const nikto: ProgramKind = {
  run: 'program',
  id: 'nikto',
  title: 'Nikto',
  per: 'target',
  clouds: [],
  modes: [],
  successExitCodes: [0, 1],
  reports: ['nikto.json'],
  passes: [],
  argv: (_job, { target, output }) => [
    ...['nikto', '-nointeractive', '-ask', 'no', '-Format', 'json', '-output', `${output}/nikto.json`],
    ...valuesOf(target).flatMap((url) => ['-host', harmless(url)]),
  ],
};
