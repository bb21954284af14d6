import { all, sql } from '../sql.ts';
import type { QueryContext } from './context.ts';
import { type Cells, numberIn, recordsOf, textIn, uuids } from './findings-records.ts';
import { visible } from './visible.ts';

/** What is compared, and what it is called. Values that say something are shown. */
const COMPARED = [
  ['severity', 'severity'],
  ['team', 'team'],
  ['environment', 'environment'],
  ['service', 'service'],
  ['class', 'class'],
  ['resource_type', 'resource type'],
] as const;
const NAMED = [
  ['score', 'score'],
  ['due_at', 'due date'],
  ['frameworks', 'frameworks'],
  ['labels', 'labels'],
  ['verdict', 'decision'],
  ['verdict_until', 'end of the decision'],
  ['mute', 'mute rule'],
] as const;

/** In words, by the key of an event (see `changeKey`), what differs from the state before: `severity HIGH → CRITICAL, due date`. */
export async function changesOf(
  { run, access, dialect }: QueryContext,
  events: readonly Cells[],
): Promise<ReadonlyMap<string, string>> {
  const changed = events.filter(({ kind }) => kind === 'changed');
  if (changed.length === 0) return new Map();
  const times = changed.map((event) => numberIn(event, 't') ?? 0);
  const fingerprints = new Set(changed.map(({ fingerprint }) => String(fingerprint)));
  const before = recordsOf(
    await run(sql`
    select ${dialect.uuidText(sql`h.fingerprint`)} as fingerprint, h.ended as t, h.severity, h.team, h.environment, h.service,
      h.class, h.resource_type, h.score, h.due_at, cast(h.frameworks as varchar) as frameworks, cast(h.labels as varchar) as labels,
      h.verdict, h.verdict_until, h.mute
    from history h where ${all([
      visible(access, 'h'),
      sql`h.fingerprint in (${uuids(fingerprints)})`,
      sql`h.ended >= ${Math.min(...times)} and h.ended <= ${Math.max(...times)} and h.ended > h.began`,
    ])}`),
  );
  const old = new Map(before.map((row) => [changeKey(row), row]));
  return new Map(
    changed.map((event) => {
      const row = old.get(changeKey(event));
      const renamed = event['raw_kind'] === 'rekeyed' ? ['identity'] : [];
      return [
        changeKey(event),
        [...renamed, ...(row === undefined ? [] : differences(row, event))].join(', '),
      ];
    }),
  );
}

export function changeKey(row: Cells): string {
  return `${String(row['fingerprint'])} ${String(row['t'])}`;
}

function differences(old: Cells, now: Cells): string[] {
  const shown = COMPARED.filter(([name]) => old[name] !== now[name]).map(
    ([name, called]) => `${called} ${textIn(old, name) ?? 'none'} → ${textIn(now, name) ?? 'none'}`,
  );
  const score = old['severity'] !== now['severity'];
  const named = NAMED.filter(([name]) => old[name] !== now[name] && !(name === 'score' && score));
  return [...shown, ...named.map(([, called]) => called)];
}
