import type { Catalog } from '../api/catalog';
import type { SightlineQuery } from '../query/model';

/** What the editor of a query type gets. */
export interface TypeEditorProps<Q extends SightlineQuery> {
  readonly query: Q;
  /** null while it is loading, or can't be loaded. */
  readonly catalog: Catalog | null;
  readonly alerting: boolean;
  /** Changes fields; `undefined` leaves the choice to the server again. */
  readonly change: (fields: Partial<Q>) => void;
  /** Unique in the page: labels refer to inputs by it. */
  readonly id: string;
}
