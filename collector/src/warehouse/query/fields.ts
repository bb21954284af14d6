import type { Dialect } from '../dialect.ts';
import { ident, type Sql, sql } from '../sql.ts';
import { type FilterField, labelOf } from './dimensions.ts';

/** Where each field is found, relation by relation. Grouping and filtering both ask here. */

export type Relation = 'history' | 'cube' | 'finding' | 'check_stat';

/** A relation as a statement names it. */
export interface Place {
  readonly relation: Relation;
  readonly alias: string;
  /** Alias of `finding`, where the statement joins it anyway: else what only a finding knows is looked up by fingerprint. */
  readonly finding?: string;
  /** Of history: the caller sees every finding, so that what only some have need be looked up of those alone. */
  readonly seesAll?: true;
}

export type Field =
  | { readonly kind: 'text'; readonly column: Sql; readonly nullable: boolean }
  | { readonly kind: 'severity' | 'number' | 'uuid'; readonly column: Sql }
  /** Several values: `key` is that of `rows`, a relation of (key, value). */
  | { readonly kind: 'set'; readonly key: Sql; readonly rows: Sql }
  /** Known of the scope: its column there. */
  | { readonly kind: 'ofScope'; readonly scope: Sql; readonly column: 'account_name' }
  /** Known of the finding as it is today. */
  | { readonly kind: 'ofFinding'; readonly fingerprint: Sql }
  | { readonly kind: 'search' };

type Columns = Readonly<Partial<Record<FilterField, string>>>;

const SCOPE = { cloud: 'cloud', account: 'account', source: 'source', scope: 'scope' };
const OWNER = { team: 'team', environment: 'environment' };
const PLACE = { region: 'region', service: 'service', severity: 'severity', class: 'class' };
const FINDING = { rule: 'rule', resourceType: 'resource_type', resource: 'resource', score: 'score' };
const DECIDED = { openedCause: 'opened_cause', verdict: 'verdict', mute: 'mute', fingerprint: 'fingerprint' };

const COLUMNS: Readonly<Record<Relation, Columns>> = {
  history: {
    ...SCOPE,
    ...OWNER,
    ...PLACE,
    ...FINDING,
    ...DECIDED,
    status: 'status',
    dueState: 'due_state',
  },
  cube: { ...SCOPE, ...OWNER, ...PLACE, rule: 'rule', resourceType: 'resource_type' },
  finding: {
    ...SCOPE,
    ...OWNER,
    ...PLACE,
    ...FINDING,
    ...DECIDED,
    correlationKey: 'correlation_key',
    package: 'package',
    locator: 'locator',
  },
  check_stat: { ...SCOPE, ...OWNER, service: 'service' },
};

const NULLABLE: ReadonlySet<string> = new Set([
  'team',
  'environment',
  'resource_type',
  'verdict',
  'mute',
  'correlation_key',
  'package',
]);

/** What only `finding` knows. */
export const OF_FINDING: ReadonlySet<string> = new Set<FilterField>([
  'correlationKey',
  'cve',
  'package',
  'fixable',
  'locator',
  'search',
]);

/** @returns null where the relation knows nothing of the field */
export function fieldOf(place: Place, field: FilterField, dialect: Dialect): Field | null {
  const { relation, alias } = place;
  const name = COLUMNS[relation][field];
  if (name !== undefined) return columnOf(field, name, ident(`${alias}.${name}`));
  if (field === 'accountName')
    return { kind: 'ofScope', scope: ident(`${alias}.scope`), column: 'account_name' };
  if (relation === 'finding') return fieldOfFinding(alias, field, dialect);
  if (relation === 'cube') return labelOf(field) === null ? setOf(alias, field) : null;
  if (relation !== 'history') return null;
  if (field === 'fixable' && place.seesAll === true) return fixableOfHistory(alias);
  const day = dayOf(alias, field);
  if (day !== null) return { kind: 'text', column: dialect.day(day), nullable: field !== 'openedOn' };
  if (OF_FINDING.has(field))
    return place.finding === undefined
      ? { kind: 'ofFinding', fingerprint: ident(`${alias}.fingerprint`) }
      : fieldOf({ relation: 'finding', alias: place.finding }, field, dialect);
  return setOf(alias, field);
}

/** The moment whose day a field is. */
function dayOf(alias: string, field: FilterField): Sql | null {
  const of = (column: string): Sql => ident(`${alias}.${column}`);
  if (field === 'openedOn') return of('clock_start');
  if (field === 'dueOn') return of('due_at');
  if (field !== 'endsOn') return null;
  return sql`(case ${of('status')} when 'muted' then ${of('mute_until')} when 'accepted' then ${of('verdict_until')} end)`;
}

function columnOf(field: FilterField, name: string, column: Sql): Field {
  if (field === 'severity') return { kind: 'severity', column };
  if (field === 'score') return { kind: 'number', column };
  if (field === 'fingerprint') return { kind: 'uuid', column };
  // Most findings are about the whole resource, and have no place in it.
  if (field === 'locator') return { kind: 'text', column: sql`nullif(${column}, '')`, nullable: true };
  return { kind: 'text', column, nullable: NULLABLE.has(name) };
}

function fieldOfFinding(alias: string, field: FilterField, dialect: Dialect): Field | null {
  if (field === 'search') return { kind: 'search' };
  if (field === 'fixable') {
    // Of a finding that has another name by now, or is out of sight, nobody knows.
    const column = sql`(case when ${ident(`${alias}.fingerprint`)} is null then null
      when ${ident(`${alias}.fixed_version`)} is null then 'false' else 'true' end)`;
    return { kind: 'text', column, nullable: true };
  }
  if (field === 'cve') return { kind: 'set', key: ident(`${alias}.cve`), rows: cveRows(dialect) };
  return null;
}

/** A finding that is not there by its fingerprint has another one by now: nobody else is ever missing. */
function fixableOfHistory(alias: string): Field {
  const fingerprint = ident(`${alias}.fingerprint`);
  const formers = sql`(select r.former_fingerprint from history r where r.former_fingerprint is not null)`;
  const column = sql`(case when ${fingerprint} in (select z.fingerprint from finding z where z.fixed_version is not null) then 'true'
      when ${fingerprint} in ${formers}
        and ${fingerprint} not in (select z.fingerprint from finding z where z.fingerprint in ${formers}) then null
      else 'false' end)`;
  return { kind: 'text', column, nullable: true };
}

function setOf(alias: string, field: FilterField): Field | null {
  const frameworks = ident(`${alias}.frameworks`);
  if (field === 'framework')
    return {
      kind: 'set',
      key: frameworks,
      rows: sql`(select distinct frameworks as key, framework as value from framework_set)`,
    };
  if (field === 'control')
    return {
      kind: 'set',
      key: frameworks,
      rows: sql`(select distinct frameworks as key, control as value from framework_set)`,
    };
  const label = labelOf(field);
  if (label === null) return null;
  return {
    kind: 'set',
    key: ident(`${alias}.labels`),
    rows: sql`(select labels as key, value from label_set where name = ${label})`,
  };
}

/** Few findings have CVEs, and many of those the same: each list is read once. */
function cveRows(dialect: Dialect): Sql {
  return dialect.textsOf(sql`(select distinct cve as list from finding where cve <> '[]')`);
}

/** Fields that a relation knows, for messages. */
export function fieldsOf(relation: Relation): readonly string[] {
  return [...Object.keys(COLUMNS[relation]), 'accountName'];
}
