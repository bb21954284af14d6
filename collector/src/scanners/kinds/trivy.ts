import { harmless, valuesOf } from '../template.ts';
import type { ProgramKind } from './kind.ts';

/** Trivy on an image, a folder or a repository. @see https://trivy.dev/latest/docs/references/configuration/cli/trivy/ */
export const trivy: ProgramKind = {
  run: 'program',
  id: 'trivy',
  title: 'Trivy',
  per: 'target',
  clouds: [],
  modes: ['image', 'fs', 'repository', 'config'],
  successExitCodes: [0],
  reports: ['trivy.json'],
  passes: [
    'TRIVY_CACHE_DIR',
    'TRIVY_DB_REPOSITORY',
    'TRIVY_JAVA_DB_REPOSITORY',
    'XDG_CACHE_HOME',
    'DOCKER_HOST',
  ],
  argv: ({ mode }, { target, output }) => [
    ...['trivy', mode ?? 'image', '--format', 'json', '--output', `${output}/trivy.json`, '--no-progress'],
    ...valuesOf(target).map(harmless),
  ],
};
