import { useCallback, useEffect, useState } from 'react';
import type { Catalog } from '../api/catalog';
import { explain } from '../api/explain';
import type { SightlineDataSource } from '../datasource';

export interface CatalogState {
  /** null until it is there. */
  readonly catalog: Catalog | null;
  /** Why it could not be loaded, and what to do. */
  readonly problem: string | null;
  readonly retry: () => void;
}

export function useCatalog(datasource: SightlineDataSource): CatalogState {
  const [state, setState] = useState<Omit<CatalogState, 'retry'>>({ catalog: null, problem: null });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let shown = true;
    const show = (next: Omit<CatalogState, 'retry'>): void => {
      if (shown) setState(next);
    };
    datasource.catalog().then(
      (catalog) => show({ catalog, problem: null }),
      (error: unknown) => show({ catalog: null, problem: explain(error) }),
    );
    return () => {
      shown = false;
    };
  }, [datasource, attempt]);
  const retry = useCallback(() => {
    setAttempt((count) => count + 1);
  }, []);
  return { ...state, retry };
}
