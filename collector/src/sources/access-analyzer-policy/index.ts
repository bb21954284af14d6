import { ANY_RULE } from '../../findings/cells.ts';
import type { ScopeReport } from '../../findings/model.ts';
import type { ReadOptions, ReportInput, SourceAdapter } from '../adapter.ts';
import { wrongShape } from '../common/errors.ts';
import { Scopes, type ScopeBuilder } from '../common/scopes.ts';
import { firstOf, linksOf, prose, rated } from '../common/values.ts';
import { peekJson } from '../json/peek.ts';
import { readRecords } from '../json/records.ts';
import { ratingOfCheck } from './check.ts';
import { pathOf, PolicyFinding, Verdict } from './schema.ts';

const TOOL = 'Access Analyzer’s policy checks';

export const accessAnalyzerPolicy: SourceAdapter = {
  id: 'access-analyzer-policy',
  title: 'IAM Access Analyzer, policy checks',
  formats: [
    'JSON: `aws accessanalyzer validate-policy`, `check-no-new-access`, `check-access-not-granted`, `check-no-public-access`',
  ],
  identity: 'access-analyzer-policy/1',
  about: {
    mode: 'snapshot',
    scope: '`aws` and the account that the caller names (`--account`), else `policies`',
    identity: 'the policy that the caller names (`--resource`), the issue, and where in the policy it is',
    closes: 'the same policy was checked and the issue is gone',
    severity: 'ERROR, SECURITY_WARNING and a failed check HIGH, WARNING LOW, SUGGESTION INFORMATIONAL',
  },
  detect: (head) => {
    const peek = peekJson(head);
    if (peek?.kind !== 'object') return false;
    const { members, below } = peek;
    if (below.has('findings.issueCode') && below.has('findings.findingType')) return true;
    return ['PASS', 'FAIL'].includes(members.get('result') ?? '') && members.has('message');
  },
  read: (input, options) => new Promise((resolve) => resolve(readReport(input, options))),
};

function readReport(input: ReportInput, options: ReadOptions): readonly ScopeReport[] {
  const scopes = new Scopes({ source: 'access-analyzer-policy', mode: 'snapshot', rulesAreExhaustive: true });
  const scope = scopes.of('aws', options.place?.account ?? 'policies');
  const policy = options.place?.resource ?? 'policy';
  readRecords(
    input,
    options,
    { tool: TOOL, lists: ['findings'], bare: true },
    {
      document: () => scope.cover(`validate@${policy}`, ANY_RULE),
      record: ({ value, list, index, offset }) => {
        const problem = list === '' ? addVerdict(scope, policy, value) : addFinding(scope, policy, value);
        if (problem !== undefined) throw wrongShape(input.name, TOOL, `finding ${index} ${problem}`, offset);
      },
    },
  );
  return scopes.reports();
}

function addFinding(scope: ScopeBuilder, policy: string, value: unknown): string | undefined {
  const finding = PolicyFinding.parse(value);
  const rating = ratingOfCheck(finding.findingType);
  if (rating === undefined) return `has the findingType ${JSON.stringify(finding.findingType.slice(0, 40))}`;
  if (finding.issueCode === '') return 'has no issueCode';
  const places = finding.locations.map(({ path }) => pathOf(path)).filter((path) => path !== '');
  scope.observe({
    cell: `validate@${policy}`,
    class: 'iam',
    service: 'iam',
    resourceType: 'policy',
    resourceId: policy,
    locator: places[0] ?? '',
    ruleId: finding.issueCode,
    title: finding.issueCode
      .toLowerCase()
      .replace(/_/g, ' ')
      .replace(/^./, (letter) => letter.toUpperCase()),
    description: prose([finding.findingDetails, places.join(', ')].filter((part) => part !== '').join('\n')),
    references: linksOf([finding.learnMoreLink]),
    rating,
  });
  return undefined;
}

function addVerdict(scope: ScopeBuilder, policy: string, value: unknown): string | undefined {
  const { result, message, reasons } = Verdict.parse(value);
  // The three checks differ by what they are asked, which is not in the answer; their sentences do not.
  const rule = /public/i.test(message)
    ? 'no-public-access'
    : /new access/i.test(message)
      ? 'no-new-access'
      : 'access-not-granted';
  const cell = `${rule}@${policy}`;
  scope.cover(cell, ANY_RULE);
  if (result === 'PASS') {
    scope.pass('iam', policy);
    return undefined;
  }
  if (result !== 'FAIL') return `has the result ${JSON.stringify(result.slice(0, 40))}`;
  const why = reasons.map(({ description }) => description).filter((reason) => reason !== '');
  scope.observe({
    cell,
    class: 'iam',
    service: 'iam',
    resourceType: 'policy',
    resourceId: policy,
    ruleId: rule,
    title: firstOf(message) || rule,
    description: prose(why.join('\n')),
    rating: rated('HIGH', result),
  });
  return undefined;
}
