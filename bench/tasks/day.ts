import * as fs from 'node:fs';
import { readFile } from 'node:fs/promises';
import { FULL_ACCESS } from '../../collector/src/warehouse/access.ts';
import { isIn, sql } from '../../collector/src/warehouse/sql.ts';
import { ESTATE_END } from '../generate/estate.ts';
import { untilReady, withWarehouse } from '../queries/opened.ts';
import type { Measured } from './main.ts';
import { since } from './reports.ts';

const FIELDS = [
  'cloud',
  'account',
  'source',
  'service',
  'region',
  'severity',
  'rule',
  'team',
  'dueState',
  'openedCause',
  'firstSeen',
] as const;
const SCOPES_AT_ONCE = 20;

/** What an aggregation leaves behind once a day for a JSON data source: an array with an object per open finding. */
export async function dayWrite([bucket = '', folder = '', file = '']: readonly string[]): Promise<Measured> {
  const start = performance.now();
  const findings = await withWarehouse(bucket, folder, async ({ warehouse }) => {
    await untilReady(warehouse);
    return warehouse.ask(FULL_ACCESS, {}, async ({ run }) => {
      const scopes = (await run(sql`select scope from scope order by scope`)).rows.map(([scope]) =>
        String(scope),
      );
      const target = fs.openSync(file, 'w');
      let count = 0;
      fs.writeSync(target, '[');
      for (let at = 0; at < scopes.length; at += SCOPES_AT_ONCE) {
        const { rows } = await run(sql`
          select cloud, account, source, service, region, severity, rule, team, due_state, opened_cause, first_seen from history
          where status = 'open' and began < ${ESTATE_END} and ended >= ${ESTATE_END}
            and ${isIn(sql`scope`, scopes.slice(at, at + SCOPES_AT_ONCE))}`);
        const objects = rows.map((row) =>
          JSON.stringify(Object.fromEntries(FIELDS.map((field, place) => [field, row[place]]))),
        );
        if (objects.length > 0) fs.writeSync(target, `${count === 0 ? '' : ','}\n${objects.join(',\n')}`);
        count += objects.length;
      }
      fs.writeSync(target, '\n]\n');
      fs.closeSync(target);
      return count;
    });
  });
  return { seconds: since(start), facts: { findings, bytes: fs.statSync(file).size } };
}

/** An open finding of that file, as far as it is used. */
interface Entry {
  readonly cloud: string;
  readonly account: string;
  readonly service: string;
  readonly severity: string;
  readonly rule: string;
  readonly dueState: string;
  readonly openedCause: string;
  readonly firstSeen: number;
}

const RISK: Readonly<Record<string, number>> = { CRITICAL: 40, HIGH: 10, MEDIUM: 3, LOW: 1 };
const WEEK_MS = 604_800_000;

/** The panels of the overview that today's findings suffice for, out of that file: read, parsed, and grouped in one pass. */
export async function dayGroup([file = '']: readonly string[]): Promise<Measured> {
  const start = performance.now();
  const parsed: unknown = JSON.parse(await readFile(file, 'utf8'));
  if (!Array.isArray(parsed)) throw new Error(`${file} is no array`);
  const entries: readonly Entry[] = parsed;
  const read = since(start);
  let overdue = 0;
  let risk = 0;
  const severities = new Map<string, number>();
  const changed = new Map<string, number>();
  const accounts = new Map<string, { risk: number; open: number }>();
  const rules = new Map<string, { open: number; accounts: Set<string> }>();
  const radius = new Map<string, number>();
  for (const { cloud, account, service, severity, rule, dueState, openedCause, firstSeen } of entries) {
    const points = RISK[severity] ?? 0;
    risk += points;
    if (dueState === 'confirmed') overdue++;
    severities.set(severity, (severities.get(severity) ?? 0) + 1);
    if (openedCause === 'drift' && firstSeen >= ESTATE_END - WEEK_MS) {
      const cell = `${account}|${rule}`;
      changed.set(cell, (changed.get(cell) ?? 0) + 1);
    }
    const ofAccount = accounts.get(account) ?? { risk: 0, open: 0 };
    accounts.set(account, ofAccount);
    ofAccount.risk += points;
    ofAccount.open++;
    const ofRule = rules.get(rule) ?? { open: 0, accounts: new Set() };
    rules.set(rule, ofRule);
    ofRule.open++;
    ofRule.accounts.add(account);
    const leaf = `${cloud}|${account}|${service}|${rule}`;
    radius.set(leaf, (radius.get(leaf) ?? 0) + points);
  }
  const shown = [
    [...changed].sort(([, a], [, b]) => b - a).slice(0, 20),
    [...accounts].sort(([, a], [, b]) => b.risk - a.risk).slice(0, 10),
    [...rules].sort(([, a], [, b]) => b.open - a.open).slice(0, 10),
    [...radius].sort(([, a], [, b]) => b - a).slice(0, 1000),
  ];
  return {
    seconds: since(start),
    facts: {
      findings: entries.length,
      readSeconds: read,
      risk,
      overdue,
      severities: severities.size,
      shown: shown.flat().length,
    },
  };
}
