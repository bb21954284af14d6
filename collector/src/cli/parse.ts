import type { Command } from 'commander';
import { ReportError } from '../errors.ts';
import type { ScopeReport } from '../findings/model.ts';
import { type IngestOptions, readReport } from '../ingest/ingest.ts';
import { scopeOf } from '../lake/keys.ts';
import { closeReport, type OpenedReport, openReports } from '../sources/input/index.ts';
import type { CliContext } from './context.ts';
import { inputLimits, labelOf, placeOf, readingOf, sourceOf } from './options.ts';
import {
  clipped,
  countSeverities,
  errorDocument,
  paintFor,
  paintSeverity,
  plural,
  printable,
  timeText,
  WORST_FIRST,
  writeJson,
  writeLine,
} from './output.ts';

interface Options {
  readonly findings?: true;
  readonly source?: string;
  readonly account?: string;
  readonly region?: string;
  readonly resource?: string;
}

const AFTER_HELP = `
Reads reports as \`ingest\` does and writes nothing: to see what a file holds, or whether it can be read.

Examples:
  sightline parse prowler-output.ocsf.json
  sightline parse scoutsuite-results/ --json | jq '{file, open}'
  sightline parse weeks.zip --json --findings
  cat prowler.csv | sightline parse -`;

export function register(program: Command, context: CliContext): void {
  program
    .command('parse')
    .description('read reports and say what is in them, without storing anything')
    .argument('<file...>', 'reports, folders, globs, archives; - for standard input')
    .option('--findings', 'the findings themselves, too')
    .option('--source <id>', 'take every file for a report of this source, or mapping')
    .option('--account <id>', 'the account, repository, cluster or network of reports that do not say')
    .option('--region <name>', 'the region of reports that do not say')
    .option('--resource <name>', 'the policy, template or file of reports that do not say')
    .addHelpText('after', AFTER_HELP)
    .action(async (files: readonly string[], options: Options, command: Command) => {
      const config = await context.config(command);
      const limits = inputLimits(config);
      const reading: IngestOptions = {
        ...sourceOf(options.source, config),
        ...readingOf(config),
        observedAt: context.now(),
      };
      const { json } = context.options(command);
      for await (const report of openReports(files, { limits })) {
        try {
          const document = await documentOf(report, options, reading);
          if (json) writeJson(context.stdout, document);
          else writeTable(context, document, options);
        } catch (error) {
          if (!(error instanceof ReportError)) throw error;
          context.setExitCode(error.exitCode);
          const failure = errorDocument(error);
          if (json) writeJson(context.stdout, { file: labelOf(report), error: failure });
          else writeLine(context.stderr, `error: ${failure.message}\n  → ${failure.hint}`);
        } finally {
          closeReport(report);
        }
      }
    });
}

type ParsedDocument = Awaited<ReturnType<typeof documentOf>>;

async function documentOf(report: OpenedReport, options: Options, reading: IngestOptions) {
  const { name, input, companion } = report;
  if (input === undefined) throw report.error ?? new RangeError(`${name} was neither opened nor refused`);
  const { adapter, reports } = await readReport(
    { name, input, ...(companion === undefined ? {} : { companion }) },
    { ...placeOf(options), ...reading },
  );
  const findings = reports.flatMap(({ observations }) => observations);
  return {
    file: labelOf(report),
    source: adapter.id,
    sourceVersion: reports[0]?.sourceVersion ?? null,
    open: findings.length,
    occurrences: sum(findings.map(({ occurrences }) => occurrences)),
    suppressed: sum(reports.map(({ suppressed }) => suppressed)),
    passed: sum(reports.map(({ passed }) => passed)),
    bySeverity: countSeverities(findings),
    scopes: reports.map(scopeDocument),
    ...(options.findings === true ? { findings: reports.flatMap(findingDocuments) } : {}),
  };
}

function scopeDocument(report: ScopeReport) {
  const checks = [...report.checks.values()];
  return {
    scope: scopeOf(report.source, report.cloud, report.account),
    observedAt: report.observedAt === null ? null : new Date(report.observedAt).toISOString(),
    complete: report.outcome === 'complete',
    services: [
      ...new Set([...report.checks.keys(), ...[...report.coverage.keys()].map(serviceOfCell)]),
    ].sort(),
    checked: total(checks.map(({ checked }) => checked)),
    flagged: total(checks.map(({ flagged }) => flagged)),
    resources: total(checks.map(({ resources }) => resources)),
  };
}

function findingDocuments(report: ScopeReport) {
  const scope = scopeOf(report.source, report.cloud, report.account);
  return report.observations.map((observation) => ({ scope, ...observation }));
}

function serviceOfCell(cell: string): string {
  return cell.split('@', 1)[0] ?? cell;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, n) => all + n, 0);
}

/** null where no service says: an unknown is no 0. */
function total(numbers: readonly (number | null)[]): number | null {
  const known = numbers.filter((n) => n !== null);
  return known.length === 0 ? null : sum(known);
}

const MOST_FINDINGS = 200;

function writeTable(context: CliContext, document: ParsedDocument, options: Options): void {
  const paint = paintFor(context);
  const out = (line: string): void => {
    writeLine(context.stdout, line);
  };
  const version = document.sourceVersion === null ? '' : ` ${printable(document.sourceVersion)}`;
  out(`${paint.bold(printable(document.file))}  ${document.source}${version}`);
  const severities = WORST_FIRST.filter((severity) => document.bySeverity[severity] !== undefined).map(
    (severity) =>
      paintSeverity(
        paint,
        severity,
        `${(document.bySeverity[severity] ?? 0).toLocaleString('en')} ${severity.toLowerCase()}`,
      ),
  );
  const asides = [
    `${document.passed.toLocaleString('en')} passed`,
    ...(document.suppressed > 0 ? [`${document.suppressed.toLocaleString('en')} suppressed`] : []),
  ];
  out(
    `  ${plural(document.open, 'open finding')}${severities.length > 0 ? `: ${severities.join(', ')}` : ''}`,
  );
  out(`  ${paint.dim(asides.join(', '))}`);
  for (const scope of document.scopes) {
    const seen = scope.observedAt === null ? 'no time in it' : timeText(Date.parse(scope.observedAt));
    const counts = [
      scope.checked === null ? null : `${scope.checked.toLocaleString('en')} checked`,
      scope.flagged === null ? null : `${scope.flagged.toLocaleString('en')} flagged`,
      scope.resources === null ? null : plural(scope.resources, 'resource'),
      plural(scope.services.length, 'service'),
    ].filter((text) => text !== null);
    const doubt = scope.complete ? '' : paint.yellow(', not complete');
    out(`  ${printable(scope.scope)}  ${seen}${doubt}  ${counts.join(', ')}`);
  }
  if (options.findings !== true) return;
  for (const finding of (document.findings ?? []).slice(0, MOST_FINDINGS)) {
    const severity = paintSeverity(paint, finding.severity, finding.severity.toLowerCase().padEnd(13));
    out(
      `    ${severity} ${clipped(finding.title, 60).padEnd(60)} ${clipped(finding.resourceName ?? finding.resourceId, 50)}`,
    );
  }
  const more = document.open - MOST_FINDINGS;
  if (more > 0) out(`    and ${more.toLocaleString('en')} more; --json has them all`);
}
