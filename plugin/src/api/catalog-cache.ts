import { type ApiClient, type Catalog, loadCatalog } from './catalog';

/** Measures and dimensions change with the server's version, and labels with what it reads: a few minutes old will do. */
const KEEP_MS = 5 * 60_000;

/** Loads the catalog once for all editors and panels that ask at the same time. */
export class CatalogCache {
  readonly #api: ApiClient;
  readonly #now: () => number;
  #loading: { readonly catalog: Promise<Catalog>; readonly since: number } | null = null;

  constructor(api: ApiClient, now: () => number = Date.now) {
    this.#api = api;
    this.#now = now;
  }

  load(): Promise<Catalog> {
    const { since, catalog } = this.#loading ?? { since: Number.NEGATIVE_INFINITY, catalog: null };
    if (catalog !== null && this.#now() - since < KEEP_MS) return catalog;
    const loading = { catalog: loadCatalog(this.#api), since: this.#now() };
    this.#loading = loading;
    // A failure is not kept: who asks again may have repaired it.
    loading.catalog.catch(() => {
      if (this.#loading === loading) this.#loading = null;
    });
    return loading.catalog;
  }
}
