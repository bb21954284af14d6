import type { Finding } from '../../findings/finding.ts';
import type { EpochMs } from '../../findings/model.ts';
import type { Committer } from '../../lake/committer.ts';
import { decodeHead } from '../../lake/head.ts';
import { hostOf } from '../../sources/common/web.ts';
import { EXPOSED, perimeter as adapter } from '../../sources/perimeter/index.ts';
import type { Asset } from './asset.ts';

/** Discovery runs every hour or so: asked for again this often. */
const REFRESH_MS = 60_000;
/** What scanners found on a host that is gone is closed if it went in this time; older ones had their turn. */
const GONE_MS = 90 * 86_400_000;

export interface Perimeter {
  /** What is exposed now, by id. */
  readonly assets: readonly Asset[];
  /** Hosts that were exposed, are not any more, and may still have findings. */
  readonly gone: readonly GoneHost[];
}

export interface GoneHost {
  readonly host: string;
  /** Since when it is not found any more. */
  readonly at: EpochMs;
}

interface ScopePart {
  readonly etag: string;
  readonly assets: readonly Asset[];
  readonly gone: readonly GoneHost[];
}

/**
 * What perimeter discovery found, out of its own findings in the bucket: there is no second list that could differ. A refresh
 * costs one request, and two for each account in which something changed.
 */
export class AssetBook {
  readonly #committer: Committer;
  readonly #parts = new Map<string, ScopePart>();
  #read: { readonly at: EpochMs; readonly perimeter: Perimeter } | undefined;

  constructor(committer: Committer) {
    this.#committer = committer;
  }

  /** @throws StoreError */
  async perimeter(): Promise<Perimeter> {
    const now = this.#committer.now();
    if (this.#read !== undefined && now - this.#read.at < REFRESH_MS) return this.#read.perimeter;
    return this.refresh();
  }

  /** Looks now. @throws StoreError */
  async refresh(): Promise<Perimeter> {
    const { store, now } = this.#committer;
    const seen = new Set<string>();
    for await (const { key, etag } of store.list(`heads/${adapter.id}-`)) {
      seen.add(key);
      if (etag === undefined || this.#parts.get(key)?.etag !== etag) await this.#readPart(key);
    }
    for (const key of [...this.#parts.keys()]) if (!seen.has(key)) this.#parts.delete(key);
    const perimeter = joined([...this.#parts.values()]);
    this.#read = { at: now(), perimeter };
    return perimeter;
  }

  async #readPart(key: string): Promise<void> {
    const { store, now } = this.#committer;
    const stored = await store.get(key);
    this.#parts.delete(key);
    if (stored === undefined) return;
    const head = decodeHead(stored.body, key);
    if (head.source !== adapter.id) return;
    const { findings } = await this.#committer.stateFor(head);
    const exposed = [...findings.values()].filter(({ ruleId }) => ruleId === EXPOSED);
    this.#parts.set(key, {
      etag: stored.etag,
      assets: exposed.filter(({ scanner }) => scanner === 'open').map(assetOf),
      gone: exposed.flatMap(({ fixedAt, locator }) =>
        fixedAt !== null && fixedAt > now() - GONE_MS ? [{ host: hostOf(locator), at: fixedAt }] : [],
      ),
    });
  }
}

function joined(parts: readonly ScopePart[]): Perimeter {
  const assets = parts
    .flatMap((part) => part.assets)
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : a.endpoint < b.endpoint ? -1 : 1));
  // An address may have gone from one account to another.
  const there = new Set(assets.map(({ endpoint }) => hostOf(endpoint)));
  const gone = new Map<string, EpochMs>();
  for (const { host, at } of parts.flatMap((part) => part.gone))
    if (!there.has(host)) gone.set(host, Math.max(at, gone.get(host) ?? -Infinity));
  return { assets, gone: [...gone].map(([host, at]) => ({ host, at })).sort(byHost) };
}

function byHost(a: GoneHost, b: GoneHost): number {
  return a.host < b.host ? -1 : 1;
}

function assetOf(finding: Finding): Asset {
  const { cloud, account, accountName, region, service, resourceId, resourceName, locator } = finding;
  const { team, environment, labels, firstSeen, reopenedAt } = finding;
  return {
    ...{ cloud, account, accountName, region, service, team, environment, labels },
    id: resourceId,
    name: resourceName,
    endpoint: locator,
    since: reopenedAt ?? firstSeen,
  };
}
