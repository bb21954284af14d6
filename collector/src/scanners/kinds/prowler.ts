import { ScanError } from '../../errors.ts';
import { valuesOf } from '../template.ts';
import { listed, type ProgramKind } from './kind.ts';

/**
 * Prowler 4 and 5. It ends with 3 when there are findings.
 * @see https://docs.prowler.com/projects/prowler-open-source/en/latest/tutorials/reporting/
 */
export const prowler: ProgramKind = {
  run: 'program',
  id: 'prowler',
  title: 'Prowler',
  per: 'account',
  clouds: ['aws', 'azure', 'gcp'],
  modes: [],
  successExitCodes: [0, 3],
  reports: ['**/*.ocsf.json'],
  passes: [],
  refreshesKeys: true,
  argv: (_job, { target, regions, output }) => {
    const cloud = target.kind === 'account' ? target.account.cloud : 'aws';
    const common = [
      ...['--output-formats', 'json-ocsf', '--output-directory', output, '--output-filename', 'prowler'],
      // Calls that failed are in its log only. It is read with the report of that name: what they were to show must not close.
      ...['--log-level', 'ERROR', '--log-file', `${output}/prowler.log`, '--no-banner'],
    ];
    const ids = valuesOf(target);
    switch (cloud) {
      case 'aws':
        return ['prowler', 'aws', ...common, ...listed('--region', regions)];
      case 'azure':
        return ['prowler', 'azure', ...common, '--sp-env-auth', '--subscription-ids', ...ids];
      case 'gcp':
        return ['prowler', 'gcp', ...common, '--project-ids', ...ids];
      default:
        throw new ScanError(
          `Prowler is not run for ${cloud} here`,
          'Write it as a job of the scanner `command`.',
        );
    }
  },
};
