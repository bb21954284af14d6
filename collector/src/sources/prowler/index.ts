import type { ScopeReport } from '../../findings/model.ts';
import type { ReadOptions, ReportInput, SourceAdapter } from '../adapter.ts';
import { readCsv } from './csv.ts';
import { formatOf, headOf } from './detect.ts';
import { emptyReport, notProwler } from './errors.ts';
import { withoutFailed } from './failures.ts';
import { readJson } from './json.ts';

/** Reports of Prowler 2 to 5, in every format it writes but HTML. */
export const prowler: SourceAdapter = {
  id: 'prowler',
  title: 'Prowler',
  formats: [
    'JSON-OCSF (--output-formats json-ocsf; versions 3 to 5; array, or one finding a line)',
    'CSV (--output-formats csv; versions 2 to 5, every provider)',
    'JSON-ASFF (--output-formats json-asff; versions 2 to 5, AWS)',
    'JSON of versions 2 and 3',
  ],
  identity: 'prowler/1',
  about: {
    mode: 'snapshot',
    scope: 'the provider; the account, subscription, project or cluster',
    identity: 'region, check, resource; where a check reports parts of a resource, the part',
    closes:
      'the service has a row in the region, no call to it failed (by the log beside the report), and the finding is gone',
    severity: 'the word as it is',
  },
  detect: (head) => formatOf(head) !== undefined,
  read: async (input, options) => {
    const reports = await readReports(input, options);
    return options.companion === undefined ? reports : withoutFailed(reports, options.companion);
  },
};

async function readReports(input: ReportInput, options: ReadOptions): Promise<readonly ScopeReport[]> {
  const head = headOf(input);
  if (head === '') throw emptyReport(input.name);
  const format = formatOf(head);
  if (format === undefined) throw notProwler(input.name);
  if (format.kind === 'csv') return readCsv(input, options, format);
  return readJson(input, options, format.shape);
}
