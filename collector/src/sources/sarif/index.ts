import { ANY_RULE } from '../../findings/cells.ts';
import type { FindingClass, ScopeReport } from '../../findings/model.ts';
import type { ReadOptions, ReportInput, SourceAdapter } from '../adapter.ts';
import { wrongShape } from '../common/errors.ts';
import { Scopes, type ScopeBuilder } from '../common/scopes.ts';
import { cvesIn, cwesOf, firstOf, linksOf, newest, orNull, prose, timeOf } from '../common/values.ts';
import { peekJson } from '../json/peek.ts';
import { redactJson } from '../secrets/json.ts';
import { withoutSecrets } from '../secrets/text.ts';
import { repositoryName } from '../trivy/artifact.ts';
import { keysOf } from './identity.ts';
import { redaction } from './redaction.ts';
import { ratingOf, ruleOf } from './rules.ts';
import { readRuns, type Run } from './run.ts';
import { type Rule, SarifResult } from './schema.ts';
import { placeOfUri } from './uri.ts';

const SECRET_TOOL = /gitleaks|trufflehog|detect-secrets|ggshield|gitguardian|secret/i;

export const sarif: SourceAdapter = {
  id: 'sarif',
  title: 'SARIF',
  formats: ['SARIF 2.1.0 of any tool'],
  identity: 'sarif/2',
  about: {
    mode: 'snapshot',
    scope:
      '`code` and the repository: what the caller names (`--account`), else versionControlProvenance, else `unnamed`',
    identity:
      'tool, rule, file, and the tool’s own fingerprint where it is a hash, else a hash of the snippet, else of the message (of a vulnerability without its versions and severity). A line number only numbers what is the same otherwise',
    closes:
      'the same tool ran over the repository without an error and the result is gone. Suppressed results are no findings',
    severity:
      'security-severity (a CVSS score or a word), else the result’s level, else the rule’s: error HIGH, warning MEDIUM, note LOW',
  },
  detect: (head) => {
    const peek = peekJson(head);
    if (peek?.kind !== 'object') return false;
    const { members, below } = peek;
    if (/sarif/i.test(members.get('$schema') ?? '')) return true;
    return members.has('runs') && (below.has('runs.tool') || /^2\.\d/.test(members.get('version') ?? ''));
  },
  redact: (input) => redactJson(input, redaction),
  read: (input, options) => new Promise((resolve) => resolve(readReport(input, options))),
};

function readReport(input: ReportInput, options: ReadOptions): readonly ScopeReport[] {
  const scopes = new Scopes({ source: 'sarif', mode: 'snapshot', rulesAreExhaustive: true });
  const { place } = options;
  let scope: ScopeBuilder | undefined;
  readRuns(input, options, {
    run: (run) => {
      const account = firstOf(place?.account, repositoryName(run.repository)) || 'unnamed';
      scope = scopes.of(place?.cloud ?? 'code', account);
      const { driver } = run.tool;
      const version = firstOf(driver.semanticVersion, driver.version);
      scope.version = orNull(`${driver.name} ${version}`);
      scope.seenAt(newest(run.endTimes.map(timeOf)));
      if (run.failed) {
        scope.outcome = 'failed';
        scope.note(`${driver.name} says that it did not succeed`);
      } else if (run.hasResults) scope.cover(cellOf(run), ANY_RULE);
      else scope.note(`the run of ${driver.name} has no results: it did not look`);
    },
    result: (value, run, offset) => {
      const problem = scope === undefined ? undefined : addResult(scope, run, SarifResult.parse(value));
      if (problem !== undefined)
        throw wrongShape(input.name, run.tool.driver.name, `a result ${problem}`, offset);
    },
  });
  return scopes.reports();
}

function cellOf(run: Run): string {
  return run.tool.driver.name.toLowerCase().replace(/[@*]/g, '');
}

/** @returns what is wrong with it; undefined where nothing is */
function addResult(scope: ScopeBuilder, run: Run, result: SarifResult): string | undefined {
  const rule = ruleOf(run.tool, result);
  const ruleId = firstOf(result.ruleId, result.rule?.id, rule?.id);
  const tool = run.tool.driver.name;
  const service = cellOf(run);
  // Not a problem: it passed, does not apply, or is for a person to look at.
  if (result.kind !== '' && result.kind !== 'fail') {
    if (result.kind === 'pass') scope.pass(service, null);
    else scope.suppressed++;
    return undefined;
  }
  // What a comparison with an older run says is gone.
  if (result.baselineState === 'absent') return undefined;
  if (result.suppressions.some(({ status }) => status === '' || status === 'accepted')) {
    scope.suppressed++;
    return undefined;
  }
  const message = withoutSecrets(messageOf(result, rule));
  if (ruleId === '' && message === '') return 'has neither rule nor message';
  const { file, line, snippet, symbol } = placeOf(run, result);
  const kind = classOf(tool, ruleId, rule);
  const { key, former } = keysOf(result, kind, snippet, message);
  const cwe = cwesOf([...(rule?.properties.cwe ?? []), ...(result.properties?.cwe ?? []), ...cweTags(rule)]);
  scope.observe({
    cell: cellOf(run),
    class: kind,
    service,
    resourceType: file === '' ? null : 'file',
    resourceId: file || scope.account,
    resourceName: orNull(symbol) ?? (file === '' ? scope.account : file),
    locator: `${tool} ${key}`,
    ...(former === null ? {} : { formerLocators: [`${tool} ${former}`] }),
    ruleId: ruleId || tool,
    title:
      firstOf(
        withoutSecrets(textOf(rule?.shortDescription)),
        rule?.name,
        message.split('\n', 1)[0]?.slice(0, 200),
      ) || ruleId,
    description: prose(message) ?? prose(textOf(rule?.fullDescription)),
    remediation: prose(withoutSecrets(textOf(rule?.help))),
    references: linksOf([rule?.helpUri ?? '']),
    cve: cvesIn(ruleId, ...(rule?.properties.tags ?? [])),
    cwe,
    ...ratingOf(result, rule),
    // The same package may be there in two versions.
    order: former === null ? line : `${line} ${former}`,
  });
  scope.checkedUnknown(service);
  scope.resourcesUnknown(service);
  return undefined;
}

function textOf(message: Rule['help']): string {
  return firstOf(message?.text, message?.markdown);
}

/** A message may be a template of the rule, with arguments. */
function messageOf(result: SarifResult, rule: Rule | undefined): string {
  const { message } = result;
  const template =
    firstOf(message?.text, message?.markdown) || (rule?.messageStrings[message?.id || 'default']?.text ?? '');
  return template
    .replace(/\{(\d{1,3})\}/g, (whole, index: string) => message?.arguments[Number(index)] ?? whole)
    .trim();
}

function cweTags(rule: Rule | undefined): string[] {
  return (rule?.properties.tags ?? []).flatMap((tag) => /\bcwe[-/](\d+)/i.exec(tag)?.[1] ?? []);
}

function placeOf(run: Run, result: SarifResult) {
  const location = result.locations[0];
  const physical = location?.physicalLocation;
  const artifact = physical?.artifactLocation;
  const uri = firstOf(artifact?.uri, run.artifacts[artifact?.index ?? -1]);
  const region = physical?.region;
  const at = [
    region?.startLine ?? region?.byteOffset ?? region?.charOffset ?? '',
    region?.startColumn ?? '',
  ].join(':');
  const symbol = location?.logicalLocations[0];
  return {
    file: placeOfUri(uri),
    line: at,
    snippet: region?.snippet?.text ?? '',
    symbol: firstOf(symbol?.fullyQualifiedName, symbol?.name),
  };
}

function classOf(tool: string, rule: string, texts: Rule | undefined): FindingClass {
  if (SECRET_TOOL.test(tool)) return 'secret';
  if (cvesIn(rule).length > 0 || /^GHSA-/.test(rule)) return 'vulnerability';
  return texts?.properties.tags.some((tag) => /^secrets?$/i.test(tag)) === true ? 'secret' : 'code';
}
