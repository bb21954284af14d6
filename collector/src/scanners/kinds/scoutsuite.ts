import { ScanError } from '../../errors.ts';
import { valuesOf } from '../template.ts';
import { listed, type ProgramKind } from './kind.ts';

/**
 * ScoutSuite 5. It ends with 200 when calls failed on the way: what failed is in its list of errors, which is read with the report.
 * @see https://github.com/nccgroup/ScoutSuite/wiki
 */
export const scoutsuite: ProgramKind = {
  run: 'program',
  id: 'scoutsuite',
  title: 'ScoutSuite',
  per: 'account',
  clouds: ['aws', 'azure', 'gcp'],
  modes: [],
  successExitCodes: [0, 200],
  reports: ['scoutsuite-results/scoutsuite_results*.js'],
  passes: [],
  refreshesKeys: true,
  argv: (_job, { target, regions, output, folder }) => {
    const cloud = target.kind === 'account' ? target.account.cloud : 'aws';
    const common = ['--report-dir', output, '--no-browser', '--force'];
    const ids = valuesOf(target);
    switch (cloud) {
      case 'aws':
        return ['scout', 'aws', ...common, ...listed('--regions', regions)];
      case 'azure':
        // Its service principal takes the secret as an argument, which everybody on the machine could read.
        return ['scout', 'azure', ...common, '--cli', '--subscriptions', ...ids];
      case 'gcp':
        return ['scout', 'gcp', ...common, '--service-account', `${folder}/gcp.json`, '--project-id', ...ids];
      default:
        throw new ScanError(
          `ScoutSuite is not run for ${cloud} here`,
          'Write it as a job of the scanner `command`.',
        );
    }
  },
};
