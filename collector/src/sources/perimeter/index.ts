import type { ScopeReport } from '../../findings/model.ts';
import type { ReadOptions, ReportInput, SourceAdapter } from '../adapter.ts';
import { wrongShape } from '../common/errors.ts';
import { Scopes, type ScopeBuilder } from '../common/scopes.ts';
import { orNull, prose, rated, timeOf } from '../common/values.ts';
import { peekJson } from '../json/peek.ts';
import { type Facts, readRecords } from '../json/records.ts';
import { Covered, ExposedAsset, Gaps } from './schema.ts';

/** Every asset that is exposed is a finding of this rule: it opens when the asset appears, and closes when it is gone. */
export const EXPOSED = 'exposed-asset';
/** An asset that no scan looks at, or none has for too long. */
export const NOT_SCANNED = 'asset-not-scanned';

const TOOL = 'perimeter discovery';
const FACTS = [
  'perimeter',
  'version',
  'cloud',
  'account',
  'accountName',
  'observedAt',
  'covered',
  'gaps',
  'scans',
];

export const perimeter: SourceAdapter = {
  id: 'perimeter',
  title: 'Perimeter discovery',
  formats: ['JSON that jobs of `perimeter` write; lists of other inventories in the same shape'],
  identity: 'perimeter/1',
  about: {
    mode: 'snapshot',
    scope: 'the cloud and the account',
    identity: 'the asset’s id and where it is reached',
    closes: 'the service was asked in that region, and the asset is no more there, or is scanned again',
    severity: 'an exposed asset INFORMATIONAL; one that no scan looks at MEDIUM',
  },
  detect: (head) => {
    const members = peekJson(head)?.members;
    return members?.get('perimeter') === '1' && members.has('assets');
  },
  read: (input, options) => new Promise((resolve) => resolve(readReport(input, options))),
};

function readReport(input: ReportInput, options: ReadOptions): readonly ScopeReport[] {
  const scopes = new Scopes({ source: 'perimeter', mode: 'snapshot', rulesAreExhaustive: true });
  let scope: ScopeBuilder | undefined;
  let scans = false;
  let gaps: readonly string[] = [];
  readRecords(
    input,
    options,
    { tool: TOOL, lists: ['assets'], facts: FACTS, bare: false },
    {
      document: (facts, lists) => {
        if (!lists.has('assets')) throw wrongShape(input.name, TOOL, 'it has no assets');
        scans = facts.get('scans') === true;
        gaps = Gaps.parse(facts.get('gaps'));
        scope = scopeOf(scopes, facts, input, scans);
        for (const gap of gaps) scope.note(gap);
      },
      record: ({ value, index, offset }) => {
        const asset = ExposedAsset.parse(value);
        const lacking = (['service', 'id', 'endpoint'] as const).find((field) => asset[field].trim() === '');
        if (scope === undefined || lacking !== undefined)
          throw wrongShape(input.name, TOOL, `asset ${index} has no ${lacking ?? 'account'}`, offset);
        addAsset(scope, asset, scans);
      },
    },
  );
  return scopes.reports().map((report) => ({ ...report, gaps }));
}

function scopeOf(scopes: Scopes, facts: Facts, input: ReportInput, scans: boolean): ScopeBuilder {
  const [cloud, account, at, name, version] = [
    'cloud',
    'account',
    'observedAt',
    'accountName',
    'version',
  ].map((key) => textOf(facts.get(key)));
  if (facts.get('perimeter') !== 1) throw wrongShape(input.name, TOOL, 'it is of another version');
  if (!cloud || !account) throw wrongShape(input.name, TOOL, 'it names no cloud or no account');
  const covered = Covered.safeParse(facts.get('covered'));
  if (!covered.success)
    throw wrongShape(
      input.name,
      TOOL,
      'its list `covered` is not one of services and regions (ec2@eu-west-1)',
    );
  const scope = scopes.of(cloud.toLowerCase(), account);
  scope.accountName = orNull(name);
  scope.version = orNull(version);
  scope.seenAt(timeOf(at));
  for (const cell of covered.data.map((one) => one.toLowerCase())) {
    scope.cover(cell, EXPOSED, ...(scans ? [NOT_SCANNED] : []));
    scope.checkedUnknown(cell.slice(0, cell.indexOf('@')));
  }
  // What could not be asked is not covered, and stays as it is; what could be asked is as good as ever.
  if (covered.data.length === 0) scope.outcome = 'failed';
  return scope;
}

function textOf(fact: unknown): string {
  return typeof fact === 'string' ? fact.trim() : '';
}

function addAsset(scope: ScopeBuilder, asset: ExposedAsset, scans: boolean): void {
  const region = asset.region.trim().toLowerCase() || 'global';
  const service = asset.service.trim().toLowerCase();
  const name = orNull(asset.name);
  const endpoint = asset.endpoint.trim();
  const seen = {
    cell: `${service}@${region}`,
    class: 'exposure',
    region,
    service,
    resourceType: orNull(asset.type),
    resourceId: asset.id.trim(),
    resourceName: name,
    locator: endpoint,
    tags: asset.tags,
  } as const;
  const what = `${asset.type.trim() || service} ${name ?? asset.id.trim()}`;
  scope.observe({
    ...seen,
    ruleId: EXPOSED,
    title: 'Asset can be reached from the internet',
    description: prose(`${what} is reached at ${endpoint}. ${asset.detail}`),
    rating: rated('INFORMATIONAL', null),
  });
  scope.checkedUnknown(service);
  if (!scans || asset.scan?.missing !== true) return;
  scope.observe({
    ...seen,
    ruleId: NOT_SCANNED,
    title: 'Exposed asset is in no scan',
    description: prose(`${what} is reached at ${endpoint}, and ${whyNot(asset.scan)}.`),
    remediation:
      'Give a job of a scanner a `perimeter` that holds it, or find out why that job does not end well.',
    rating: rated('MEDIUM', null),
  });
}

function whyNot({ jobs, at }: { readonly jobs: readonly string[]; readonly at: number | null }): string {
  if (jobs.length === 0) return 'no job scans it';
  const names = jobs.slice(0, 5).join(', ');
  if (at === null) return `${names} never did so and ended well`;
  return `${names} did so for the last time on ${new Date(at).toISOString().slice(0, 10)}`;
}
