import { ANY_RULE } from '../../findings/cells.ts';
import type { ScopeBuilder } from '../common/scopes.ts';
import {
  cvesIn,
  cwesOf,
  firstOf,
  linksOf,
  orNull,
  packageCorrelation,
  prose,
  purlWithoutVersion,
  rated,
  type Rating,
  severityOfWord,
} from '../common/values.ts';
import { secretMark } from '../secrets/mark.ts';
import type { License, Misconfiguration, Result, Secret, Vulnerability } from './schema.ts';

/** What the results are about, beside the scope: a workload, or nothing more. */
export interface Where {
  readonly region: string;
  /** Appended to a kind, it makes a cell: '' or `@default/Deployment/web`. */
  readonly cell: string;
  /** The workload, or the image, repository or path. */
  readonly name: string;
  readonly type: string;
  readonly workload: boolean;
}

/** Kinds of things that Trivy looks for; what was covered is known by them. */
export type Kind = 'vulnerability' | 'misconfiguration' | 'secret' | 'license';

export function cellOf(kind: Kind, where: Where): string {
  return `${kind}${where.cell}`;
}

export function ratingOf(word: string, cvss: number | null = null): Rating {
  const known = severityOfWord(word);
  return rated(known ?? 'INFORMATIONAL', orNull(word), known === undefined ? null : cvss);
}

/** What has no identity can't be a finding; nor can anything be said to be gone, as it may be that. */
export function passOver(scope: ScopeBuilder, problem: string): void {
  scope.outcome = 'partial';
  scope.note(problem);
}

/** Kinds that a result shows to have been looked for; of secrets and licences only findings show. */
function kindsOf(result: Result): Kind[] {
  switch (result.Class) {
    case 'os-pkgs':
    case 'lang-pkgs':
      return ['vulnerability'];
    case 'config':
    case 'custom':
      return ['misconfiguration'];
    case 'secret':
      return ['secret'];
    case 'license':
    case 'license-file':
      return ['license'];
    default:
      // Before version 0.20 there is no class.
      return result.Misconfigurations.length > 0 ? ['misconfiguration'] : ['vulnerability'];
  }
}

export function addResult(scope: ScopeBuilder, where: Where, result: Result): void {
  for (const kind of kindsOf(result)) scope.cover(cellOf(kind, where), ANY_RULE);
  for (const vulnerability of result.Vulnerabilities) addVulnerability(scope, where, result, vulnerability);
  for (const misconfiguration of result.Misconfigurations) {
    addMisconfiguration(scope, where, result, misconfiguration);
  }
  for (const secret of result.Secrets) addSecret(scope, where, result, secret);
  for (const license of result.Licenses) addLicense(scope, where, result, license);
  scope.suppressed += result.ExperimentalModifiedFindings.length + (result.MisconfSummary?.Exceptions ?? 0);
  // Passed checks are listed only when asked for; the summary always counts them.
  const listed = result.Misconfigurations.filter(({ Status }) => Status === 'PASS').length;
  const passed = result.MisconfSummary?.Successes ?? listed;
  if (passed > 0) scope.pass(serviceOf(result), null, passed);
}

function serviceOf(result: Result): string {
  return firstOf(result.Type, result.Class) || 'packages';
}

/** Base score of the source that the severity is taken from, else of NVD, else the highest. */
function cvssOf({ CVSS, SeveritySource }: Vulnerability): number | null {
  const scoreOf = (source: string): number | null => {
    const score = Object.hasOwn(CVSS, source) ? CVSS[source] : null;
    return score?.V3Score ?? score?.V40Score ?? score?.V2Score ?? null;
  };
  const chosen = scoreOf(SeveritySource) ?? scoreOf('nvd');
  if (chosen !== null) return chosen;
  const all = Object.keys(CVSS).flatMap((source) => scoreOf(source) ?? []);
  return all.length === 0 ? null : Math.max(...all);
}

function addVulnerability(scope: ScopeBuilder, where: Where, result: Result, seen: Vulnerability): void {
  const { VulnerabilityID: id, PkgName: name } = seen;
  if (id === '') {
    passOver(scope, `a vulnerability of ${name || result.Target} has no VulnerabilityID`);
    return;
  }
  if (seen.Status.toLowerCase() === 'not_affected') {
    scope.suppressed++;
    return;
  }
  const service = serviceOf(result);
  const purl = purlWithoutVersion(seen.PkgIdentifier?.PURL ?? '');
  const ofSystem = result.Class === 'os-pkgs';
  const file = ofSystem ? '' : firstOf(seen.PkgPath, result.Target);
  const cvss = cvssOf(seen);
  scope.observe({
    cell: cellOf('vulnerability', where),
    class: 'vulnerability',
    region: where.region,
    service,
    resourceType: where.type,
    resourceId: file === '' ? where.name : where.workload ? `${where.name}: ${file}` : file,
    resourceName: where.name,
    // Reports before 0.49 name no purl; the package's name is the part of it that lasts.
    locator: where.workload ? `${imageOf(result, ofSystem)} ${name}`.trim() : name,
    ruleId: id,
    title: firstOf(seen.Title) || `${id} in ${name}`,
    description: prose(seen.Description),
    remediation: seen.FixedVersion === '' ? null : `Upgrade ${name} to ${seen.FixedVersion}.`,
    references: linksOf([seen.PrimaryURL, ...seen.References]),
    cve: cvesIn(id, ...seen.VendorIDs),
    cwe: cwesOf(seen.CweIDs),
    cvss,
    package: `${purl === '' ? name : purl}${seen.InstalledVersion === '' ? '' : `@${seen.InstalledVersion}`}`,
    fixedVersion: orNull(seen.FixedVersion),
    correlationKey: packageCorrelation(id, name),
    rating: ratingOf(seen.Severity, cvss),
    // The same package may be installed twice, in two versions.
    order: seen.InstalledVersion,
  });
  scope.checkedUnknown(service);
  scope.resourcesUnknown(service);
}

/** Containers of one workload differ by their images. */
function imageOf(result: Result, ofSystem: boolean): string {
  return ofSystem ? result.Target.replace(/[:@][^/]*$/, '').replace(/\s*\([^()]*\)$/, '') : '';
}

function addMisconfiguration(
  scope: ScopeBuilder,
  where: Where,
  result: Result,
  seen: Misconfiguration,
): void {
  const id = firstOf(seen.ID, seen.AVDID);
  if (seen.Status === 'PASS' || seen.Status === 'EXCEPTION') return;
  if (id === '') {
    passOver(scope, `a failed check of ${result.Target} has no ID`);
    return;
  }
  const cause = seen.CauseMetadata;
  scope.observe({
    cell: cellOf('misconfiguration', where),
    class: 'compliance',
    region: where.region,
    service: serviceOf(result),
    resourceType: where.workload ? where.type : 'file',
    resourceId: where.workload ? where.name : firstOf(result.Target, where.name),
    resourceName: firstOf(cause?.Resource, where.name),
    locator: cause?.Resource ?? '',
    ruleId: id,
    title: firstOf(seen.Title) || id,
    description: prose(firstOf(seen.Message, seen.Description)),
    remediation: prose(seen.Resolution),
    references: linksOf([seen.PrimaryURL, ...seen.References]),
    rating: ratingOf(seen.Severity),
    order: `${cause?.StartLine ?? ''} ${seen.Message}`,
  });
}

function addSecret(scope: ScopeBuilder, where: Where, result: Result, seen: Secret): void {
  if (seen.RuleID === '') {
    passOver(scope, `a secret in ${result.Target} has no RuleID`);
    return;
  }
  const mark = secretMark(seen.Match);
  scope.observe({
    cell: cellOf('secret', where),
    class: 'secret',
    region: where.region,
    service: 'secret',
    resourceType: 'file',
    resourceId: where.workload ? `${where.name}: ${result.Target}` : firstOf(result.Target, where.name),
    resourceName: firstOf(result.Target, where.name),
    locator: mark,
    ruleId: seen.RuleID,
    title: firstOf(seen.Title) || seen.RuleID,
    description: `${firstOf(seen.Title, seen.RuleID)} in ${result.Target}: ${mark}`,
    remediation: 'Revoke the secret, then remove it from the file and its history.',
    rating: ratingOf(seen.Severity),
    order: seen.StartLine,
  });
  scope.checkedUnknown('secret');
}

function addLicense(scope: ScopeBuilder, where: Where, result: Result, seen: License): void {
  if (seen.Name === '') {
    passOver(scope, `a licence of ${seen.PkgName || result.Target} has no Name`);
    return;
  }
  const what = firstOf(seen.PkgName, seen.FilePath, result.Target);
  scope.observe({
    cell: cellOf('license', where),
    class: 'compliance',
    region: where.region,
    service: 'license',
    resourceType: seen.PkgName === '' ? 'file' : 'package',
    resourceId: firstOf(seen.FilePath, where.name),
    resourceName: what,
    locator: seen.PkgName,
    ruleId: `license-${seen.Name}`,
    title: `${what} is licensed under ${seen.Name}${seen.Category === '' ? '' : ` (${seen.Category})`}`,
    references: linksOf([seen.Link]),
    package: orNull(seen.PkgName),
    rating: ratingOf(seen.Severity),
  });
  scope.checkedUnknown('license');
}
