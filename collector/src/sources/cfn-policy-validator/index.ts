import { ANY_RULE } from '../../findings/cells.ts';
import type { ScopeReport } from '../../findings/model.ts';
import { ratingOfCheck } from '../access-analyzer-policy/check.ts';
import { pathOf } from '../access-analyzer-policy/schema.ts';
import type { ReadOptions, ReportInput, SourceAdapter } from '../adapter.ts';
import { wrongShape } from '../common/errors.ts';
import { Scopes, type ScopeBuilder } from '../common/scopes.ts';
import { firstOf, linksOf, prose } from '../common/values.ts';
import { peekJson } from '../json/peek.ts';
import { readRecords } from '../json/records.ts';
import { ValidatorFinding } from './schema.ts';

const LISTS = ['BlockingFindings', 'NonBlockingFindings'];
const TOOL = 'cfn-policy-validator';

export const cfnPolicyValidator: SourceAdapter = {
  id: 'cfn-policy-validator',
  title: 'IAM Policy Validator for CloudFormation',
  formats: ['JSON that cfn-policy-validator (and tf-policy-validator) writes'],
  identity: 'cfn-policy-validator/1',
  about: {
    mode: 'snapshot',
    scope: '`code` and the repository that the caller names (`--account`), else `templates`',
    identity:
      'the template that the caller names (`--resource`), resource, policy, issue, and where in the policy it is',
    closes: 'the same template was checked and the issue is gone',
    severity: 'ERROR, SECURITY_WARNING HIGH, WARNING LOW, SUGGESTION INFORMATIONAL; blocking or not',
  },
  detect: (head) => {
    const peek = peekJson(head);
    return peek?.kind === 'object' && LISTS.every((list) => peek.members.has(list));
  },
  read: (input, options) => new Promise((resolve) => resolve(readReport(input, options))),
};

function readReport(input: ReportInput, options: ReadOptions): readonly ScopeReport[] {
  const scopes = new Scopes({ source: 'cfn-policy-validator', mode: 'snapshot', rulesAreExhaustive: true });
  const scope = scopes.of('code', options.place?.account ?? 'templates');
  const template = options.place?.resource ?? 'template';
  readRecords(
    input,
    options,
    { tool: TOOL, lists: LISTS, bare: false },
    {
      document: (_facts, lists) => {
        if (lists.size < LISTS.length)
          throw wrongShape(input.name, TOOL, `it lacks one of ${LISTS.join(', ')}`);
        scope.cover(`policies@${template}`, ANY_RULE);
      },
      record: ({ value, index, offset }) => {
        const problem = addFinding(scope, template, ValidatorFinding.parse(value));
        if (problem !== undefined) throw wrongShape(input.name, TOOL, `finding ${index} ${problem}`, offset);
      },
    },
  );
  return scopes.reports();
}

function addFinding(scope: ScopeBuilder, template: string, finding: ValidatorFinding): string | undefined {
  const rating = ratingOfCheck(finding.findingType);
  if (rating === undefined) return `has the findingType ${JSON.stringify(finding.findingType.slice(0, 40))}`;
  if (finding.code === '') return 'has no code';
  const path = pathOf(finding.details?.locations[0]?.path ?? []);
  scope.observe({
    cell: `policies@${template}`,
    class: 'iam',
    service: 'iam',
    resourceType: 'template',
    resourceId: `${template}/${finding.resourceName}`,
    resourceName: firstOf(finding.resourceName, template),
    locator: [finding.policyName, path].filter((part) => part !== '').join(' '),
    ruleId: finding.code,
    title: finding.code
      .toLowerCase()
      .replace(/_/g, ' ')
      .replace(/^./, (letter) => letter.toUpperCase()),
    description: prose(finding.message),
    references: linksOf([finding.details?.learnMoreLink ?? '']),
    rating,
    order: finding.message,
  });
  return undefined;
}
