import { z } from 'zod';
import { FLOWS, type Flow } from '../findings/summary.ts';
import type { Head } from '../lake/head.ts';

/**
 * Where each scope's counters stood when a report was made, beside the report. Heads count without end; what a report calls
 * new or fixed is the difference to the one before, so nothing is counted twice or lost, however late it came in.
 */
export type Counters = ReadonlyMap<string, ScopeCounters>;

export interface ScopeCounters {
  /** A rebuild starts counting anew: counts of another generation can't be subtracted. */
  readonly generation: number;
  readonly services: ReadonlyMap<string, FlowNumbers>;
}

export type FlowNumbers = Readonly<Record<Flow, number>>;

const stored = z.object({
  format: z.literal(1),
  scopes: z.record(z.string(), z.object({ g: z.number(), s: z.record(z.string(), z.array(z.number())) })),
});

export function countersOf(head: Head): ScopeCounters {
  const services = new Map<string, Record<Flow, number>>();
  for (const { service, flow, n } of head.summary.flows) {
    const numbers = services.get(service) ?? noFlows();
    numbers[flow] += n;
    services.set(service, numbers);
  }
  return { generation: head.generation, services };
}

/** What happened between two standings of a scope; nothing where they can't be compared or there was none before. */
export function flowsSince(
  now: ScopeCounters,
  before: ScopeCounters | undefined,
): ReadonlyMap<string, FlowNumbers> {
  if (before === undefined) return now.services;
  if (before.generation !== now.generation) return new Map();
  const flows = new Map<string, FlowNumbers>();
  for (const [service, numbers] of now.services) {
    const since = noFlows();
    for (const flow of FLOWS) {
      since[flow] = Math.max(0, numbers[flow] - (before.services.get(service)?.[flow] ?? 0));
    }
    flows.set(service, since);
  }
  return flows;
}

/** Whether anything of it is counted in a report. */
export function hasNews(flows: ReadonlyMap<string, FlowNumbers>): boolean {
  return [...flows.values()].some(
    ({ drift, ruleset, baseline, reopened, fixed }) => drift + ruleset + baseline + reopened + fixed > 0,
  );
}

export function noFlows(): Record<Flow, number> {
  return { drift: 0, ruleset: 0, baseline: 0, reopened: 0, fixed: 0, fixedRuleset: 0, retired: 0 };
}

export function encodeCounters(heads: readonly Head[]): Buffer {
  const scopes: z.infer<typeof stored>['scopes'] = {};
  for (const head of heads) {
    const { generation, services } = countersOf(head);
    const numbers = [...services].map(([service, flows]) => [service, FLOWS.map((flow) => flows[flow])]);
    scopes[head.scopeId] = { g: generation, s: Object.fromEntries(numbers) as Record<string, number[]> };
  }
  return Buffer.from(JSON.stringify({ format: 1, scopes }));
}

/** Empty where the object is missing or damaged: then the next report counts from the start, and says that it has no previous. */
export function decodeCounters(body: Buffer | undefined): Counters | null {
  if (body === undefined) return null;
  try {
    const { scopes } = stored.parse(JSON.parse(body.toString('utf8')));
    return new Map(
      Object.entries(scopes).map(([scopeId, { g, s }]) => [
        scopeId,
        {
          generation: g,
          services: new Map(
            Object.entries(s).map(([service, numbers]) => {
              const flows = noFlows();
              FLOWS.forEach((flow, index) => {
                flows[flow] = numbers[index] ?? 0;
              });
              return [service, flows];
            }),
          ),
        },
      ]),
    );
  } catch {
    return null;
  }
}
