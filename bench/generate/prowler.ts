import { CHECK_FRAMEWORKS, FLAWS } from '../../collector/src/sample/catalogue/index.ts';
import { fill } from '../../collector/src/sample/estate.ts';
import { KINDS } from '../../collector/src/sample/kinds.ts';
import type { CheckSpec, Flaw, Kind } from '../../collector/src/sample/model.ts';
import { pick, REGIONS, TEAMS } from './places.ts';
import { hexOf, seedOf } from './random.ts';
import type { Output } from './writer.ts';

export interface ProwlerOptions {
  readonly account: string;
  /** Failing rows, every one a finding of its own. */
  readonly findings: number;
  /** Passing rows beside them. */
  readonly passes: number;
  readonly at: number;
  /** Of the findings so many are fixed, and as many others are new. */
  readonly changed?: number;
}

/** One result, in the order in which Prowler writes them: by check, then by resource. */
export interface ProwlerRow {
  readonly flaw: Flaw;
  readonly check: CheckSpec;
  readonly kind: Kind;
  readonly fields: Readonly<Record<string, string>>;
  readonly failing: boolean;
  readonly uid: string;
}

interface Check {
  readonly flaw: Flaw;
  readonly check: CheckSpec;
  readonly kind: Kind;
}

/** The checks of the sample estate for resources that an account has many of. */
function checksOfAws(): Check[] {
  const kinds = new Map(KINDS.map((kind) => [kind.id, kind]));
  return FLAWS.flatMap((flaw) => {
    const kind = kinds.get(flaw.kind);
    const { check } = flaw;
    if (kind?.cloud !== 'aws' || check === undefined || check.manual === true || flaw.only !== undefined)
      return [];
    return kind.ids === 'zero' || kind.ids === 'region' || kind.count <= 1 ? [] : [{ flaw, check, kind }];
  });
}

function fieldsOf(kind: Kind, account: string, index: number): Record<string, string> {
  const region = pick(REGIONS, index);
  const hex = hexOf(seedOf(kind.id), index, 17);
  const name = `${pick(TEAMS, index)}-${pick(kind.words, index)}-${hex.slice(0, 6)}`;
  const id = kind.ids.startsWith('hex:') ? `${kind.ids.slice(4)}${hex}` : name;
  return { region, account, name, id, vpc: `vpc-0${hexOf(seedOf(region), 0)}` };
}

export function* prowlerRows(options: ProwlerOptions): Generator<ProwlerRow> {
  const checks = checksOfAws();
  const { account, findings, passes, changed = 0 } = options;
  for (const [position, entry] of checks.entries()) {
    const share = (total: number): number =>
      Math.floor((total * (position + 1)) / checks.length) - Math.floor((total * position) / checks.length);
    const failing = share(findings);
    const gone = share(changed);
    const passing = share(passes);
    for (let index = 0; index < failing + gone + passing; index++) {
      const fields = fieldsOf(entry.kind, account, index);
      const fails = index >= gone && index < failing + gone;
      yield { ...entry, fields, failing: fails, uid: fill(entry.kind.uid, fields) };
    }
  }
}

const SEVERITY_ID = { low: 2, medium: 3, high: 4, critical: 5 } as const;

/** Prowler fills pages with frameworks; the first few keep a row at about 2,000 bytes. */
const FRAMEWORKS_KEPT = 2;

function complianceOf(check: CheckSpec): Record<string, string[]> {
  const compliance: Record<string, string[]> = {};
  for (const part of (CHECK_FRAMEWORKS[check.id] ?? '').split(' | ').slice(0, FRAMEWORKS_KEPT)) {
    const colon = part.indexOf(': ');
    if (colon > 0) compliance[part.slice(0, colon)] = part.slice(colon + 2).split(', ');
  }
  return compliance;
}

export function messageOf({ kind, fields, flaw, failing }: ProwlerRow): string {
  return `${kind.noun} ${fields['name'] ?? ''}: ${failing ? flaw.problem : flaw.title}.`;
}

export function serviceOf(check: CheckSpec): string {
  return check.id.slice(0, check.id.indexOf('_'));
}

export function shownName({ kind, fields }: ProwlerRow): string {
  return (kind.prowlerShowsId === true ? fields['id'] : fields['name']) ?? '';
}

function ocsfOf(row: ProwlerRow, account: string, at: number): unknown {
  const { flaw, check, kind, fields } = row;
  const { region = '' } = fields;
  const message = messageOf(row);
  const time = `${new Date(at).toISOString().slice(0, 23)}000`;
  const seconds = Math.floor(at / 1000);
  const shown = shownName(row);
  return {
    message,
    metadata: {
      event_code: check.id,
      product: { name: 'Prowler', uid: 'prowler', vendor_name: 'Prowler', version: '5.46.0' },
      profiles: ['cloud', 'datetime'],
      tenant_uid: '',
      version: '1.5.0',
    },
    severity_id: SEVERITY_ID[check.severity],
    severity: check.severity.charAt(0).toUpperCase() + check.severity.slice(1),
    status: 'New',
    status_code: row.failing ? 'FAIL' : 'PASS',
    status_detail: message,
    status_id: 1,
    unmapped: {
      related_url: '',
      categories: check.categories ?? [],
      depends_on: [],
      related_to: [],
      additional_urls: [],
      notes: '',
      compliance: complianceOf(check),
      provider_uid: account,
      provider: 'aws',
    },
    activity_name: 'Create',
    activity_id: 1,
    finding_info: {
      created_time: seconds,
      created_time_dt: time,
      desc: `${flaw.title}.`,
      title: flaw.title,
      types: [],
      uid: `prowler-aws-${check.id}-${account}-${region}-${shown}`,
    },
    resources: [
      {
        cloud_partition: 'aws',
        region,
        data: { details: '', metadata: {} },
        group: { name: serviceOf(check) },
        labels: [`team:${shown.split('-', 1)[0] ?? ''}`, 'env:prod'],
        name: shown,
        type: kind.type,
        uid: row.uid,
      },
    ],
    category_name: 'Findings',
    category_uid: 2,
    class_name: 'Detection Finding',
    class_uid: 2004,
    cloud: {
      account: { name: 'prod-main', type: 'AWS Account', type_id: 10, uid: account, labels: [] },
      org: { name: '', ou_uid: '', ou_name: '', uid: '' },
      provider: 'aws',
      region,
    },
    remediation: { desc: flaw.fix, references: [`https://hub.prowler.com/check/${check.id}`] },
    risk_details: flaw.risk,
    time: seconds,
    time_dt: time,
    type_uid: 200401,
    type_name: 'Detection Finding: Create',
  };
}

/** A report of `prowler aws -M json-ocsf`, one result per line. */
export function writeOcsf(output: Output, options: ProwlerOptions): void {
  let before = '[\n';
  for (const row of prowlerRows(options)) {
    output.write(before + JSON.stringify(ocsfOf(row, options.account, options.at)));
    before = ',\n';
  }
  output.write('\n]\n');
}
