import { ANY_RULE } from '../../findings/cells.ts';
import type { EpochMs, ScopeReport } from '../../findings/model.ts';
import type { ReadOptions, ReportInput } from '../adapter.ts';
import { accountOf } from '../common/aws.ts';
import { wrongShape } from '../common/errors.ts';
import { Scopes, type ScopeBuilder } from '../common/scopes.ts';
import {
  cvesIn,
  cwesOf,
  firstOf,
  linksOf,
  NO_TAGS,
  orNull,
  packageCorrelation,
  prose,
  rated,
  severityOfCvss,
  severityOfWord,
  timeOf,
} from '../common/values.ts';
import { headerOf, readRows } from '../csv/read.ts';
import { checkUser, DEFAULT_IDENTITY, IDENTITY_RULES, type User } from '../identity/check.ts';
import { headOf } from '../input/head.ts';
import { readRecords } from '../json/records.ts';
import { withoutSecrets } from '../secrets/text.ts';
import type { FindingMapping, Mapping, UserMapping } from './mapping.ts';

/** A row of a file: the text under a column, '' where there is none. */
type Row = (column: string | undefined) => string;

/** Reads a file as a mapping says, whichever of CSV, JSON and NDJSON it is. */
export async function readMapped(
  input: ReportInput,
  options: ReadOptions,
  mapping: Mapping,
): Promise<readonly ScopeReport[]> {
  const reader = new MappedReader(input, options, mapping);
  const head = headOf(input);
  if (head.startsWith('{') || head.startsWith('[')) {
    readRecords(
      input,
      options,
      { tool: mapping.id, lists: [], bare: true },
      { record: ({ value, index }) => reader.row((column) => member(value, column), `element ${index}`) },
    );
  } else {
    const header = headerOf(head);
    if (header === null) throw wrongShape(input.name, mapping.id, 'it is neither JSON nor CSV with a header');
    await readRows(input, options, header.delimiter, (row, line) => {
      reader.row(
        (column) => (column === undefined ? '' : (row.get(column) ?? '')),
        `the row in line ${line}`,
      );
    });
  }
  return reader.reports();
}

/** The member under a path, as text; lists are joined. */
function member(value: unknown, column: string | undefined): string {
  if (column === undefined) return '';
  let at: unknown = own(value, column);
  if (at === undefined) {
    at = value;
    for (const key of column.split('.')) at = own(at, key);
  }
  if (Array.isArray(at))
    return at.filter((one) => typeof one === 'string' || typeof one === 'number').join(' ');
  return typeof at === 'string' || typeof at === 'number' || typeof at === 'boolean' ? String(at).trim() : '';
}

function own(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return new Map<string, unknown>(Object.entries(value)).get(key);
}

const YES = /^(?:true|yes|1|enabled|active|on|registered)$/i;
/** What lists have in the place of a time that there is none of. */
const NEVER =
  /^(?:|-+|0|never|none|null|nil|n\/a|not[ _](?:available|applicable|supported)|no[ _]information|unknown|never logged in)$/i;
const NO = /^(?:false|no|0|disabled|inactive|off|none|suspended)$/i;

class MappedReader {
  readonly #input: ReportInput;
  readonly #options: ReadOptions;
  readonly #mapping: Mapping;
  readonly #scopes: Scopes;

  constructor(input: ReportInput, options: ReadOptions, mapping: Mapping) {
    this.#input = input;
    this.#options = options;
    this.#mapping = mapping;
    const mode = mapping.kind === 'findings' ? mapping.mode : 'snapshot';
    this.#scopes = new Scopes({ source: mapping.id, mode, rulesAreExhaustive: true });
  }

  reports(): readonly ScopeReport[] {
    return this.#scopes.reports();
  }

  row(row: Row, where: string): void {
    const { columns, cloud, account } = this.#mapping;
    const { place } = this.#options;
    const named = firstOf(row(columns.account), account, place?.account);
    if (named === '')
      throw wrongShape(this.#input.name, this.#mapping.id, `${where} names no account (--account)`);
    const provider = firstOf(row(columns.cloud), cloud, place?.cloud).toLowerCase() || 'other';
    // Spreadsheets take the zeros off the front of a number.
    const scope = this.#scopes.of(provider, provider === 'aws' ? accountOf(named) : named);
    const problem =
      this.#mapping.kind === 'findings'
        ? this.#finding(scope, row, this.#mapping)
        : this.#user(scope, row, this.#mapping);
    if (problem !== undefined) throw wrongShape(this.#input.name, this.#mapping.id, `${where} ${problem}`);
  }

  #finding(scope: ScopeBuilder, row: Row, mapping: FindingMapping): string | undefined {
    const { columns } = mapping;
    const rule = row(columns.rule);
    const resource = row(columns.resource);
    if (rule === '') return `names no rule (${columns.rule})`;
    if (resource === '') return `names no resource (${columns.resource})`;
    const service = row(columns.service).toLowerCase() || mapping.id;
    const cell = mapping.id;
    scope.cover(cell, ANY_RULE);
    const cvss = scoreOf(row(columns.cvss));
    const seen = {
      cell,
      class: mapping.class,
      region: row(columns.region).toLowerCase() || 'global',
      service,
      resourceType: orNull(row(columns.resourceType)),
      resourceId: resource,
      resourceName: orNull(row(columns.resourceName)),
      locator: row(columns.locator),
      sourceFindingId: orNull(row(columns.id)),
      ruleId: rule,
      title: row(columns.title) || rule,
      description: prose(withoutSecrets(row(columns.description))),
      remediation: prose(row(columns.remediation)),
      references: linksOf([row(columns.reference)]),
      cve: cvesIn(row(columns.cve), rule),
      cwe: cwesOf(row(columns.cwe).split(/[\s,;|]+/)),
      cvss,
      package: orNull(row(columns.package)),
      fixedVersion: orNull(row(columns.fixedVersion)),
      correlationKey:
        row(columns.package) === ''
          ? null
          : packageCorrelation(rule, row(columns.package).replace(/@[^@/]*$/, '')),
      frameworks: row(columns.framework)
        .split(/\s*[|;]\s*/)
        .filter((name) => name !== ''),
    };
    const status = row(columns.status).toLowerCase();
    if (
      status !== '' &&
      mapping.open.length > 0 &&
      !mapping.open.some((word) => word.toLowerCase() === status)
    ) {
      scope.pass(service, resource);
      scope.close(seen);
      return undefined;
    }
    scope.observe({ ...seen, rating: ratingOf(row(columns.severity), cvss, mapping) });
    return undefined;
  }

  #user(scope: ScopeBuilder, row: Row, { columns }: UserMapping): string | undefined {
    const { at, reading } = this.#options;
    const id = row(columns.user);
    if (id === '') return `names no user (${columns.user})`;
    if (at === undefined) return 'has ages, and nobody says when the list was made (--observed-at)';
    // Taken for never it would be another finding, or one less.
    for (const column of [columns.created, columns.lastSignIn, columns.keyCreated]) {
      const text = row(column);
      if (momentOf(text) === null && !NEVER.test(text))
        return `has the time ${JSON.stringify(text.slice(0, 40))} (${column ?? ''}): ISO 8601 and Unix time can be read`;
    }
    scope.observedAt = at;
    scope.cover('identity', ...IDENTITY_RULES);
    const keyCreated = momentOf(row(columns.keyCreated));
    const user: User = {
      id,
      name: row(columns.name) || id,
      mail: row(columns.mail),
      enabled: !NO.test(row(columns.enabled)),
      hasPassword: null,
      mfa: YES.test(row(columns.mfa)) ? true : NO.test(row(columns.mfa)) ? false : null,
      created: momentOf(row(columns.created)),
      lastUsed: momentOf(row(columns.lastSignIn)),
      knowsUse: columns.lastSignIn !== undefined,
      keys: keyCreated === null ? [] : [{ name: 'access key', active: true, created: keyCreated }],
      root: false,
      tags: NO_TAGS,
    };
    checkUser(scope, user, reading?.identity ?? DEFAULT_IDENTITY, at);
    return undefined;
  }
}

/** Also `2026/09/07 10:00:00`, as Google's lists of users have it: the one other order that nobody can take for another. */
function momentOf(text: string): EpochMs | null {
  return timeOf(text.replace(/^(\d{4})\/(\d{2})\/(\d{2})\b/, '$1-$2-$3'));
}

function scoreOf(text: string): number | null {
  const score = Number(text);
  return text !== '' && score >= 0 && score <= 10 ? score : null;
}

function ratingOf(word: string, cvss: number | null, mapping: FindingMapping) {
  const mapped = Object.entries(mapping.severities).find(
    ([own]) => own.toLowerCase() === word.toLowerCase(),
  )?.[1];
  const severity = mapped ?? severityOfWord(word) ?? (cvss === null ? 'MEDIUM' : severityOfCvss(cvss));
  return rated(severity, orNull(word), cvss);
}
