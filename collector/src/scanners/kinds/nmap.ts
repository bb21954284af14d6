import type { ProgramKind } from './kind.ts';

/** Nmap: full connections, which need no rights, and versions of services. @see https://nmap.org/book/man.html */
export const nmap: ProgramKind = {
  run: 'program',
  id: 'nmap',
  title: 'Nmap',
  per: 'targets',
  clouds: [],
  modes: [],
  successExitCodes: [0],
  reports: ['nmap.xml'],
  passes: [],
  argv: (_job, { targetsFile, output }) => [
    ...['nmap', '-sT', '-sV', '--noninteractive', '-oX', `${output}/nmap.xml`, '-iL', targetsFile],
  ],
};
