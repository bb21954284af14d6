import type { ScopeReport } from '../../findings/model.ts';
import type { ReadOptions, ReportInput, SourceAdapter } from '../adapter.ts';
import { wrongShape } from '../common/errors.ts';
import { Scopes, type ScopeBuilder } from '../common/scopes.ts';
import { firstOf, orNull, timeOf } from '../common/values.ts';
import { workloadName } from '../common/workload.ts';
import { peekJson } from '../json/peek.ts';
import { type Facts, type JsonRecord, readRecords } from '../json/records.ts';
import { headOf } from '../input/head.ts';
import { redactJson } from '../secrets/json.ts';
import { artifactOf } from './artifact.ts';
import { addOperatorReport } from './operator.ts';
import { redaction } from './redaction.ts';
import { addResult, type Where } from './results.ts';
import { OperatorReport, problemOfLists, problemOfWorkload, Result, Workload } from './schema.ts';

const OPERATOR_LISTS = [
  'vulnerabilityreports',
  'clustervulnerabilityreports',
  'exposedsecretreports',
  'configauditreports',
  'clusterconfigauditreports',
  'rbacassessmentreports',
  'clusterrbacassessmentreports',
  'infraassessmentreports',
  'clusterinfraassessmentreports',
  'clustercompliancereports',
].map((name) => `${name}.aquasecurity.github.io`);
/** Of `trivy k8s`. */
const WORKLOAD_LISTS = ['Resources', 'Vulnerabilities', 'Misconfigurations'];
const LISTS = ['Results', ...WORKLOAD_LISTS, 'items', ...OPERATOR_LISTS];
const FACTS = [
  'SchemaVersion',
  'ArtifactName',
  'ArtifactType',
  'ClusterName',
  'CreatedAt',
  'Trivy.Version',
  'Metadata.RepoTags',
];

export const trivy: SourceAdapter = {
  id: 'trivy',
  title: 'Trivy',
  formats: [
    'JSON (--format json) of images, file systems, repositories and clusters; versions 0.9 to 0.69',
    'reports of the Trivy operator, as `kubectl get … -o json` writes them',
  ],
  identity: 'trivy/1',
  about: {
    mode: 'snapshot',
    scope:
      '`container` and the image without tag; `code` and the repository (of a path: the account that the caller names); `kubernetes` and the cluster',
    identity:
      'vulnerability, package without version, file; check, file and the resource in it; rule, file and a mark of the secret',
    closes:
      'the report shows results of the kind (packages, configuration, secrets, licences); secrets and licences show only where there are some, so that the last of them closes with `--complete`',
    severity: 'the word as it is; UNKNOWN is INFORMATIONAL',
  },
  detect,
  redact: (input) => redactJson(input, redaction),
  read: (input, options) => new Promise((resolve) => resolve(readReport(input, options))),
};

function detect(head: string): boolean {
  // What a version before 0.9 wrote where it found nothing.
  if (/^null\s*$/.test(head)) return true;
  const peek = peekJson(head);
  if (peek === null) return false;
  const { members, below } = peek;
  if (OPERATOR_LISTS.some((list) => members.has(list))) return true;
  if ((members.get('apiVersion') ?? '').startsWith('aquasecurity.github.io/')) return true;
  if ((below.get('items.apiVersion') ?? '').startsWith('aquasecurity.github.io/')) return true;
  if (peek.kind === 'array')
    return members.has('Target') && (members.has('Vulnerabilities') || members.has('Type'));
  if (members.has('SchemaVersion') && (members.has('ArtifactName') || members.has('ArtifactType')))
    return true;
  return members.has('ClusterName') && WORKLOAD_LISTS.some((list) => members.has(list));
}

function readReport(input: ReportInput, options: ReadOptions): readonly ScopeReport[] {
  const reader = new TrivyReader(input, options);
  return reader.read();
}

class TrivyReader {
  readonly #input: ReportInput;
  readonly #options: ReadOptions;
  readonly #scopes = new Scopes({ source: 'trivy', mode: 'snapshot', rulesAreExhaustive: true });
  #facts: Facts = new Map();
  #scope: ScopeBuilder | undefined;

  constructor(input: ReportInput, options: ReadOptions) {
    this.#input = input;
    this.#options = options;
  }

  read(): readonly ScopeReport[] {
    const peek = peekJson(headOf(this.#input));
    // Before 0.20 a report was the array of its results alone.
    const legacy = peek?.kind === 'array' && peek.members.has('Target');
    readRecords(
      this.#input,
      this.#options,
      { tool: 'Trivy', lists: legacy ? [] : LISTS, facts: FACTS, bare: true, nullIsClean: true },
      {
        document: (facts, lists) => this.#document(facts, lists),
        record: (record) => this.#record(record),
      },
    );
    return this.#scopes.reports();
  }

  #fact(name: string): string {
    const value = this.#facts.get(name);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  }

  #document(facts: Facts, lists: ReadonlySet<string>): void {
    this.#facts = facts;
    this.#scope = undefined;
    if (lists.has('Results')) {
      // `Results: null` and no results at all are a clean report, as long as it says of what.
      if (!facts.has('ArtifactName') && !facts.has('ArtifactType')) throw this.#wrong('it names no artifact');
      if (this.#fact('ArtifactName') !== '') this.#artifact('');
    } else if (WORKLOAD_LISTS.some((list) => lists.has(list))) {
      if (!facts.has('ClusterName')) throw this.#wrong('it names no cluster');
      this.#cluster();
    } else this.#cluster();
  }

  #record({ value, index, offset, list }: JsonRecord): void {
    if (list === 'Results') this.#result(value);
    else if (WORKLOAD_LISTS.includes(list)) this.#workload(value);
    else if (list === '' && this.#isLone(value)) this.#lone(value);
    else {
      const report = OperatorReport.parse(value);
      const problem = addOperatorReport(this.#cluster(), report);
      if (problem !== undefined) throw this.#wrong(`element ${index}: ${problem}`, offset);
    }
  }

  /** Whether an object without lists is a legacy result or a report that found nothing, rather than one of the operator. */
  #isLone(value: unknown): value is object {
    return typeof value === 'object' && value !== null && !('kind' in value);
  }

  #lone(value: object): void {
    if ('Target' in value) {
      this.#result(value);
      return;
    }
    if (!('SchemaVersion' in value) || !('ArtifactName' in value || 'ArtifactType' in value)) {
      throw this.#wrong('an element of it is no result');
    }
    // Nothing to look at: neither packages nor configuration.
    this.#facts = new Map<string, unknown>(Object.entries(value));
    this.#scope = undefined;
    this.#artifact('');
  }

  #result(value: unknown): void {
    const problem = problemOfLists(value);
    if (problem !== undefined) throw this.#wrong(problem);
    const result = Result.parse(value);
    if (result.Target === '' && result.Class === '') throw this.#wrong('one of its results names no target');
    const scope = this.#artifact(result.Target);
    addResult(scope, this.#whereOf(scope), result);
  }

  #whereOf(scope: ScopeBuilder): Where {
    const type = scope.cloud === 'container' ? 'image' : 'repository';
    return { region: 'global', cell: '', name: scope.account, type, workload: false };
  }

  #artifact(target: string): ScopeBuilder {
    if (this.#scope !== undefined) return this.#scope;
    const tags = this.#facts.get('Metadata.RepoTags');
    const tag: unknown = Array.isArray(tags) ? tags[0] : undefined;
    const name = firstOf(this.#fact('ArtifactName'), typeof tag === 'string' ? tag : '');
    const { cloud, account } = artifactOf(this.#fact('ArtifactType'), name, target, this.#options.place);
    return (this.#scope = this.#dated(this.#scopes.of(cloud, account)));
  }

  #cluster(): ScopeBuilder {
    const { place } = this.#options;
    const name = firstOf(this.#fact('ClusterName'), place?.account) || 'cluster';
    return (this.#scope ??= this.#dated(this.#scopes.of(place?.cloud ?? 'kubernetes', name)));
  }

  #dated(scope: ScopeBuilder): ScopeBuilder {
    scope.version ??= orNull(this.#fact('Trivy.Version'));
    scope.seenAt(timeOf(this.#fact('CreatedAt')));
    return scope;
  }

  #workload(value: unknown): void {
    const problem = problemOfWorkload(value);
    if (problem !== undefined) throw this.#wrong(problem);
    const { Namespace, Kind, Name, Error, Results } = Workload.parse(value);
    if (Kind === '' && Name === '') throw this.#wrong('one of its workloads has neither kind nor name');
    const scope = this.#cluster();
    const namespace = firstOf(Namespace) || 'global';
    const name = `${Kind}/${workloadName(Kind, Name)}`;
    if (Error !== '') {
      scope.outcome = 'partial';
      scope.note(`${namespace}/${name}: ${Error}`);
      return;
    }
    const where: Where = {
      region: namespace.toLowerCase(),
      cell: `@${namespace}/${name}`,
      name,
      type: Kind,
      workload: true,
    };
    for (const result of Results) addResult(scope, where, result);
  }

  #wrong(problem: string, offset?: number): Error {
    return wrongShape(this.#input.name, 'Trivy', problem, offset);
  }
}
