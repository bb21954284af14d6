import type { Committer } from '../../collector/src/lake/committer.ts';
import { readHistory } from '../../collector/src/lake/history.ts';
import { readScopes } from '../../collector/src/lake/lake.ts';
import type { TableName } from '../../collector/src/lake/delta/snapshot.ts';
import type { Row } from './reader.ts';

export type Tables = Readonly<Record<TableName, readonly Row[]>>;

/** What the three tables have to hold, from the heads, states and commits that are there now. Made without the code that makes tables. */
export async function expectedTables(committer: Committer): Promise<Tables> {
  const tables: Record<TableName, Row[]> = { findings: [], events: [], checks: [] };
  for await (const { head, state } of readScopes(committer)) {
    const { scope, source, cloud, account, generation } = head;
    const place = { scope, source, cloud, account, generation };
    for (const { verdict, mute, ...rest } of state.findings.values()) {
      tables.findings.push({
        ...place,
        seq: head.seq,
        ...snake(rest),
        verdict: verdict?.kind ?? null,
        verdict_until: verdict?.until ?? null,
        verdict_by: verdict?.by ?? null,
        verdict_reason: verdict?.reason ?? null,
        verdict_at: verdict?.at ?? null,
        verdict_id: verdict?.id ?? null,
        mute: mute?.rule ?? null,
        mute_until: mute?.until ?? null,
        mute_owner: mute?.owner ?? null,
        mute_reason: mute?.reason ?? null,
      });
    }
    let position = 0;
    for await (const { seq, events, run } of readHistory(committer.store, head)) {
      for (const event of events)
        tables.events.push({ ...place, seq, position: position++, ...snake(event) });
      if (run === null) continue;
      const { observedAt, checks, ...record } = run;
      const row = { ...place, seq, at: observedAt, ...snake(record) };
      const services = Object.entries(checks);
      const none = { service: null, checked: null, flagged: null, resources: null };
      if (services.length === 0) tables.checks.push({ ...row, ...none });
      for (const [service, stats] of services) tables.checks.push({ ...row, service, ...stats });
    }
  }
  return tables;
}

function snake(fields: object): Row {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]: [string, unknown]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value ?? null,
    ]),
  );
}

/** In an order and a form that two readers have in common: an empty map is an empty list to one of them. */
export function comparable(rows: readonly Row[]): string[] {
  return rows
    .map((row) =>
      JSON.stringify(
        Object.fromEntries(
          Object.entries(row)
            .map(([name, value]): [string, unknown] => [name, isEmpty(value) ? null : sortedFields(value)])
            .sort(([a], [b]) => (a < b ? -1 : 1)),
        ),
      ),
    )
    .sort();
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function sortedFields(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
