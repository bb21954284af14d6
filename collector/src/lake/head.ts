import { z } from 'zod';
import { SightlineError } from '../errors.ts';
import type { CellRecord, Cells } from '../findings/cells.ts';
import { SEVERITIES } from '../findings/severity.ts';
import { FLOWS, type ScopeSummary } from '../findings/summary.ts';
import type { LastComplete } from '../findings/state.ts';
import { isSealed, sealed } from './seal.ts';

const severity = z.enum(SEVERITIES);
const stats = z.object({
  checked: z.number().nullable(),
  flagged: z.number().nullable(),
  resources: z.number().nullable(),
});

const commitRef = z.object({
  id: z.string(),
  seq: z.number(),
  /** Time of its events. */
  at: z.number(),
  kind: z.enum(['run', 'verdict', 'config', 'retire']),
  input: z.string(),
  /** Time of the input itself: observedAt of a run. */
  inputAt: z.number(),
  events: z.number(),
  outcome: z.enum(['complete', 'partial', 'failed']).nullable(),
});
export type CommitRef = z.infer<typeof commitRef>;

const segmentRef = z.object({
  key: z.string(),
  from: z.number(),
  to: z.number(),
  commits: z.number(),
  events: z.number(),
  /** Newest `inputAt` in it: an input that is newer can't be among its commits. */
  newestInput: z.number(),
  /** The commit files it replaces are kept for some days after this. */
  foldedAt: z.number(),
});
export type SegmentRef = z.infer<typeof segmentRef>;

const lastRun = z.object({
  runId: z.string(),
  observedAt: z.number(),
  outcome: z.enum(['complete', 'partial', 'failed']),
  reason: z.string().nullable(),
  notes: z.array(z.string()),
  opened: z.number(),
  closed: z.number(),
  raw: z.object({ key: z.string(), name: z.string(), bytes: z.number() }),
});
export type LastRun = z.infer<typeof lastRun>;

const summarySchema = z.object({
  groups: z.array(
    z.object({
      cell: z.string(),
      service: z.string(),
      region: z.string(),
      severity,
      team: z.string().nullable(),
      counts: z.array(
        z.object({
          n: z.number(),
          decision: z.enum(['false_positive', 'accepted', 'muted']).nullable(),
          until: z.number().nullable(),
          dueAt: z.number().nullable(),
          mutedUntil: z.number().optional(),
        }),
      ),
    }),
  ),
  flows: z.array(z.object({ service: z.string(), severity, flow: z.enum(FLOWS), n: z.number() })),
  worst: z.array(
    z.object({
      fingerprint: z.string(),
      cell: z.string(),
      severity,
      score: z.number(),
      rule: z.string(),
      region: z.string(),
      service: z.string(),
      resourceType: z.string().nullable(),
      resource: z.string(),
      resourceName: z.string().nullable(),
      team: z.string().nullable(),
      firstSeen: z.number(),
      dueAt: z.number().nullable(),
      until: z.number().nullable(),
    }),
  ),
  rules: z.record(
    z.string(),
    z.object({ title: z.string(), remediation: z.string().nullable(), references: z.array(z.string()) }),
  ),
});

const headSchema = z.object({
  format: z.literal(1),
  scope: z.string(),
  scopeId: z.string(),
  source: z.string(),
  cloud: z.string(),
  account: z.string(),
  accountName: z.string().nullable(),
  team: z.string().nullable(),
  environment: z.string().nullable(),
  /** Raised by a rebuild. */
  generation: z.number(),
  seq: z.number(),
  /** Makes every version's bytes, and so its ETag, its own. */
  nonce: z.string(),
  /** Time of the newest event, null before the first. */
  at: z.number().nullable(),
  config: z.string().nullable(),
  identity: z.string().nullable(),
  retired: z.boolean(),
  state: z.object({ key: z.string(), rows: z.number(), bytes: z.number(), digest: z.string() }).nullable(),
  /** Per cell: newest evidence, newest complete snapshot, place in `ruleSets`. */
  cells: z.record(z.string(), z.tuple([z.number(), z.number().nullable(), z.number()])),
  ruleNames: z.array(z.string()),
  ruleSets: z.array(z.array(z.number())),
  lastComplete: z.object({ at: z.number(), rules: z.number() }).nullable(),
  /** Newest last. */
  commits: z.array(commitRef),
  segments: z.array(segmentRef),
  /** Objects that an earlier version named, since when they are not needed. */
  superseded: z.array(z.object({ key: z.string(), at: z.number() })),
  /** Newest by observation. */
  lastRun: lastRun.nullable(),
  /** Check stats of the newest complete run, by service. */
  checks: z.record(z.string(), stats),
  checksAt: z.number().nullable(),
  /** Times of the newest complete runs, oldest first: what the scope's cadence is learned from. */
  completeRuns: z.array(z.number()),
  summary: summarySchema,
});

type StoredHead = z.infer<typeof headSchema>;

/** A scope's head, the commit point, with cells and rules as the lifecycle uses them. */
export interface Head extends Omit<
  StoredHead,
  'cells' | 'ruleNames' | 'ruleSets' | 'lastComplete' | 'summary' | 'format'
> {
  readonly cells: Cells;
  readonly lastComplete: LastComplete | null;
  readonly summary: ScopeSummary;
}

/** Rules are named once and cells share sets of them: 1,000 cells of 500 rules stay below 100 kB. */
export function encodeHead(head: Head): Buffer {
  const names = new Map<string, number>();
  const sets = new Map<string, number>();
  const ruleSets: number[][] = [];
  const setOf = (rules: readonly string[]): number => {
    const key = rules.join('\n');
    const known = sets.get(key);
    if (known !== undefined) return known;
    sets.set(key, ruleSets.length);
    ruleSets.push(
      rules.map((rule) => {
        const place = names.get(rule) ?? names.size;
        names.set(rule, place);
        return place;
      }),
    );
    return ruleSets.length - 1;
  };
  const cells: StoredHead['cells'] = {};
  for (const [cell, record] of head.cells) cells[cell] = [record.at, record.completeAt, setOf(record.rules)];
  const lastComplete =
    head.lastComplete === null ? null : { at: head.lastComplete.at, rules: setOf(head.lastComplete.rules) };
  const stored: Record<keyof StoredHead, unknown> = {
    format: 1,
    ...head,
    cells,
    lastComplete,
    ruleNames: [...names.keys()],
    ruleSets,
  };
  return sealed(JSON.stringify(stored));
}

/** @throws SightlineError `corrupt`, `unsupported` */
export function decodeHead(bytes: Buffer, key: string): Head {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw corrupt(key, error);
  }
  const format = z.object({ format: z.number() }).safeParse(value);
  if (format.success && format.data.format > 1) {
    throw new SightlineError(
      'unsupported',
      `${key} was written by a newer Sightline (format ${format.data.format})`,
      'Upgrade this collector.',
    );
  }
  const parsed = headSchema.safeParse(value);
  if (!parsed.success) throw corrupt(key, parsed.error);
  if (!isSealed(bytes)) throw corrupt(key, undefined);
  const { format: _format, cells, ruleNames, ruleSets, lastComplete, ...head } = parsed.data;
  const sets = ruleSets.map((set) => set.map((place) => ruleNames[place] ?? ''));
  const decoded = new Map<string, CellRecord>();
  for (const [cell, [at, completeAt, rules]] of Object.entries(cells)) {
    decoded.set(cell, { at, completeAt, rules: sets[rules] ?? [] });
  }
  return {
    ...head,
    cells: decoded,
    lastComplete:
      lastComplete === null ? null : { at: lastComplete.at, rules: sets[lastComplete.rules] ?? [] },
  };
}

function corrupt(key: string, cause: unknown): SightlineError {
  return new SightlineError(
    'corrupt',
    `${key} is not a head as Sightline writes them`,
    'Something else changed the object. Restore it from a version or backup of the bucket.',
    1,
    cause,
  );
}
