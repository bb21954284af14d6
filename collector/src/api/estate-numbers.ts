import type { EpochMs } from '../findings/model.ts';
import type { Severity } from '../findings/severity.ts';
import { standingsAt } from '../findings/summary.ts';
import type { Head } from '../lake/head.ts';

export interface Labels {
  readonly source: string;
  readonly cloud: string;
}

/** What the metrics say of an estate. Accounts are no label: there may be any number of them. */
export interface EstateNumbers {
  readonly open: readonly (Labels & { readonly severity: Severity; readonly n: number })[];
  readonly overdue: readonly (Labels & { readonly severity: Severity; readonly n: number })[];
  /** Since the newest complete run of the scope that has waited longest, in seconds. */
  readonly staleness: readonly (Labels & { readonly seconds: number })[];
  /** Scopes by the outcome of their last run. */
  readonly scopes: readonly (Labels & { readonly outcome: string; readonly n: number })[];
}

/** Clouds are words of reports; more of them than this come together as `other`. */
const MAX_CLOUDS = 30;

/** Retired scopes count no more. */
export function estateNumbers(heads: readonly Head[], now: EpochMs): EstateNumbers {
  const live = heads.filter((head) => !head.retired);
  const named = new Set([...new Set(live.map(({ cloud }) => cloud))].sort().slice(0, MAX_CLOUDS));
  const open = new Sums<Labels & { readonly severity: Severity }>();
  const overdue = new Sums<Labels & { readonly severity: Severity }>();
  const scopes = new Sums<Labels & { readonly outcome: string }>();
  const stale = new Map<string, Labels & { seconds: number }>();
  for (const head of live) {
    const labels: Labels = { source: head.source, cloud: named.has(head.cloud) ? head.cloud : 'other' };
    for (const standing of standingsAt(head.summary, head.cells, now)) {
      const { severity } = standing.group;
      open.add({ ...labels, severity }, standing.open);
      overdue.add({ ...labels, severity }, standing.overdueConfirmed + standing.overdueUnverified);
    }
    scopes.add({ ...labels, outcome: head.lastRun?.outcome ?? 'none' }, 1);
    const completeAt = head.lastComplete?.at;
    if (completeAt === undefined) continue;
    const key = `${labels.source}\n${labels.cloud}`;
    const seconds = Math.max(0, (now - completeAt) / 1000, stale.get(key)?.seconds ?? 0);
    stale.set(key, { ...labels, seconds });
  }
  return {
    open: open.rows(),
    overdue: overdue.rows(),
    staleness: [...stale.values()],
    scopes: scopes.rows(),
  };
}

class Sums<L extends Labels> {
  readonly #rows = new Map<string, L & { n: number }>();

  add(labels: L, n: number): void {
    const key = JSON.stringify(labels);
    const row = this.#rows.get(key);
    if (row === undefined) this.#rows.set(key, { ...labels, n });
    else row.n += n;
  }

  rows(): (L & { n: number })[] {
    return [...this.#rows.values()];
  }
}
