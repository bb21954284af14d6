import { ANY_RULE } from '../../findings/cells.ts';
import type { ScopeBuilder } from '../common/scopes.ts';
import {
  cvesIn,
  firstOf,
  linksOf,
  orNull,
  packageCorrelation,
  prose,
  purlWithoutVersion,
  timeOf,
} from '../common/values.ts';
import { workloadName } from '../common/workload.ts';
import { secretMark } from '../secrets/mark.ts';
import { imageName } from './artifact.ts';
import { cellOf, passOver, ratingOf, type Kind, type Where } from './results.ts';
import type { OperatorReport } from './schema.ts';

const KIND_OF: Readonly<Record<string, Kind | 'framework'>> = {
  VulnerabilityReport: 'vulnerability',
  ClusterVulnerabilityReport: 'vulnerability',
  ExposedSecretReport: 'secret',
  ConfigAuditReport: 'misconfiguration',
  ClusterConfigAuditReport: 'misconfiguration',
  RbacAssessmentReport: 'misconfiguration',
  ClusterRbacAssessmentReport: 'misconfiguration',
  InfraAssessmentReport: 'misconfiguration',
  ClusterInfraAssessmentReport: 'misconfiguration',
  ClusterComplianceReport: 'framework',
};

function whereOf(report: OperatorReport): Where {
  const { labels = {}, name = '', namespace = '' } = report.metadata ?? {};
  const label = (key: string): string => (Object.hasOwn(labels, key) ? (labels[key] ?? '') : '');
  const kind = label('trivy-operator.resource.kind');
  const resource = workloadName(kind, label('trivy-operator.resource.name'));
  const container = label('trivy-operator.container.name');
  const place = firstOf(label('trivy-operator.resource.namespace'), namespace) || 'global';
  const workload = kind === '' ? name : `${kind}/${resource}`;
  const full = container === '' ? workload : `${workload}/${container}`;
  return {
    region: place.toLowerCase(),
    cell: `@${report.kind}/${place}/${full}`,
    name: full,
    type: kind || report.kind,
    workload: true,
  };
}

/** @returns what is wrong with it; undefined where nothing is */
export function addOperatorReport(scope: ScopeBuilder, seen: OperatorReport): string | undefined {
  const kind = Object.hasOwn(KIND_OF, seen.kind) ? KIND_OF[seen.kind] : undefined;
  if (kind === undefined)
    return `its kind ${JSON.stringify(seen.kind.slice(0, 60))} is none of the Trivy operator's`;
  const { report } = seen;
  scope.seenAt(
    timeOf(firstOf(report?.updateTimestamp, seen.status?.updateTimestamp, seen.metadata?.creationTimestamp)),
  );
  if (kind === 'framework') return addFramework(scope, seen);
  if (report === undefined) return 'it has no report';
  scope.version ??= orNull(report.scanner?.version);
  const where = whereOf(seen);
  scope.cover(cellOf(kind, where), ANY_RULE);
  const server = report.registry?.server ?? '';
  const image = imageName(
    [server, report.artifact?.repository ?? ''].filter((word) => word !== '').join('/'),
  );
  for (const one of report.vulnerabilities) {
    if (one.vulnerabilityID === '') {
      passOver(scope, `a vulnerability of ${one.resource || where.name} has no vulnerabilityID`);
      continue;
    }
    const service = one.packageType || 'packages';
    scope.observe({
      cell: cellOf(kind, where),
      class: 'vulnerability',
      region: where.region,
      service,
      resourceType: where.type,
      resourceId: one.packagePath === '' ? where.name : `${where.name}: ${one.packagePath}`,
      resourceName: firstOf(image, where.name),
      locator: one.resource,
      ruleId: one.vulnerabilityID,
      title: firstOf(one.title) || `${one.vulnerabilityID} in ${one.resource}`,
      description: prose(one.description),
      remediation: one.fixedVersion === '' ? null : `Upgrade ${one.resource} to ${one.fixedVersion}.`,
      references: linksOf([one.primaryLink, ...one.links]),
      cve: cvesIn(one.vulnerabilityID),
      cvss: one.score,
      package: `${purlWithoutVersion(one.packagePURL) || one.resource}@${one.installedVersion}`,
      fixedVersion: orNull(one.fixedVersion),
      correlationKey: packageCorrelation(one.vulnerabilityID, one.resource),
      rating: ratingOf(one.severity, one.score),
      order: one.installedVersion,
    });
    scope.checkedUnknown(service);
  }
  for (const check of report.checks) addCheck(scope, where, check);
  for (const secret of report.secrets) {
    const mark = secretMark(secret.match);
    scope.observe({
      cell: cellOf(kind, where),
      class: 'secret',
      region: where.region,
      service: 'secret',
      resourceType: where.type,
      resourceId: `${where.name}: ${secret.target}`,
      resourceName: firstOf(image, where.name),
      locator: mark,
      ruleId: secret.ruleID || 'secret',
      title: firstOf(secret.title, secret.ruleID) || 'A secret',
      description: `${firstOf(secret.title, secret.ruleID)} in ${secret.target}: ${mark}`,
      rating: ratingOf(secret.severity),
    });
    scope.checkedUnknown('secret');
  }
  return undefined;
}

type Check = NonNullable<OperatorReport['report']>['checks'][number];

function addCheck(scope: ScopeBuilder, where: Where, check: Check): void {
  const id = firstOf(check.checkID, check.title);
  if (id === '') {
    passOver(scope, `a check of ${where.name} has neither checkID nor title`);
    return;
  }
  if (check.success === true) {
    scope.pass('kubernetes', where.name);
    return;
  }
  scope.observe({
    cell: cellOf('misconfiguration', where),
    class: 'compliance',
    region: where.region,
    service: 'kubernetes',
    resourceType: where.type,
    resourceId: where.name,
    ruleId: id,
    title: firstOf(check.title) || id,
    description: prose(firstOf(check.messages.join('\n'), check.description)),
    remediation: prose(check.remediation),
    rating: ratingOf(check.severity),
  });
}

/** A benchmark over the whole cluster: one finding per failed check and target, or per control where only sums are given. */
function addFramework(scope: ScopeBuilder, { status }: OperatorReport): string | undefined {
  const detail = status?.detailReport;
  const summary = status?.summaryReport;
  const id = firstOf(detail?.id, summary?.id) || 'compliance';
  const title = firstOf(detail?.title, summary?.title) || id;
  const cell = `misconfiguration@framework/${id}`;
  if (detail === undefined && summary === undefined)
    return 'it has neither a detailReport nor a summaryReport';
  scope.cover(cell, ANY_RULE);
  for (const control of detail?.results ?? []) {
    for (const check of control.checks) {
      if (check.success === true) {
        scope.pass('kubernetes', null);
        continue;
      }
      const [namespace = '', ...rest] = check.target.replace(/^\//, '').split('/');
      scope.observe({
        cell,
        class: 'compliance',
        region: 'global',
        service: 'kubernetes',
        resourceType: 'kubernetes',
        resourceId: firstOf(check.target) || 'cluster',
        resourceName: orNull(rest.join('/')) ?? orNull(namespace),
        locator: `${id} ${control.id}`,
        ruleId: firstOf(check.checkID) || control.id,
        title: firstOf(check.title, control.name) || control.id,
        description: prose(firstOf(check.messages.join('\n'), check.description, control.description)),
        remediation: prose(check.remediation),
        frameworks: [`${title}:${control.id}`],
        rating: ratingOf(firstOf(check.severity, control.severity)),
        order: check.messages.join('\n'),
      });
    }
  }
  for (const control of summary?.controlCheck ?? []) {
    if (!((control.totalFail ?? 0) > 0)) {
      scope.pass('kubernetes', null);
      continue;
    }
    scope.observe({
      cell,
      class: 'compliance',
      region: 'global',
      service: 'kubernetes',
      resourceType: 'kubernetes',
      resourceId: 'cluster',
      locator: id,
      ruleId: control.id,
      title: firstOf(control.name) || control.id,
      description: `${control.totalFail ?? 0} checks of this control fail.`,
      frameworks: [`${title}:${control.id}`],
      rating: ratingOf(control.severity),
    });
  }
  return undefined;
}
