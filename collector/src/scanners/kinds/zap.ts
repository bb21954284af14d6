import { harmless, valuesOf } from '../template.ts';
import type { ProgramKind } from './kind.ts';

/** Of the spider, in minutes: what the packaged baseline scan has. */
const SPIDER_MINUTES = 1;

/**
 * ZAP by a plan of its Automation Framework, which writes reports wherever it is told to; the packaged scans only do below /zap/wrk.
 * `baseline` looks at what comes back, `full` attacks. It ends with 1 when the plan failed, with 2 when it had warnings.
 * @see https://www.zaproxy.org/docs/automate/automation-framework/
 */
export const zap: ProgramKind = {
  run: 'program',
  id: 'zap',
  title: 'ZAP',
  per: 'target',
  clouds: [],
  modes: ['baseline', 'full'],
  successExitCodes: [0, 2],
  reports: ['zap.json'],
  passes: ['JAVA_HOME'],
  argv: (_job, { folder }) => [
    // A home of its own: two at once would lock each other out of one.
    ...['zap.sh', '-cmd', '-dir', `${folder}/zap-home`, '-autorun', `${folder}/zap.yaml`],
  ],
  // JSON is YAML, and has rules for every character that an address may hold.
  files: ({ mode }, { target, output }) => ({
    'zap.yaml': JSON.stringify({
      env: {
        contexts: [{ name: 'target', urls: valuesOf(target).map(harmless) }],
        parameters: { failOnError: true, failOnWarning: false, progressToStdout: true },
      },
      jobs: [
        { type: 'spider', parameters: { context: 'target', maxDuration: SPIDER_MINUTES } },
        { type: 'passiveScan-wait' },
        ...(mode === 'full' ? [{ type: 'activeScan', parameters: { context: 'target' } }] : []),
        {
          type: 'report',
          parameters: { template: 'traditional-json', reportDir: output, reportFile: 'zap.json' },
        },
      ],
    }),
  }),
};
