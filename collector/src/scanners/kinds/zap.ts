import { harmless, valuesOf } from '../template.ts';
import type { ScannerKind } from './kind.ts';

/**
 * ZAP's packaged scans, as they come in its image. They end with 1 or 2 when there are alerts, with 3 when they broke.
 * @see https://www.zaproxy.org/docs/docker/baseline-scan/
 */
export const zap: ScannerKind = {
  id: 'zap',
  title: 'ZAP',
  per: 'target',
  clouds: [],
  modes: ['baseline', 'full'],
  successExitCodes: [0, 1, 2],
  reports: ['zap.json'],
  passes: ['IS_CONTAINERIZED', 'JAVA_HOME'],
  argv: ({ mode }, { target, output }) => [
    mode === 'full' ? 'zap-full-scan.py' : 'zap-baseline.py',
    // Joined with its own folder for reports by the script: an absolute path wins over that.
    ...['-J', `${output}/zap.json`],
    ...valuesOf(target).flatMap((url) => ['-t', harmless(url)]),
  ],
};
