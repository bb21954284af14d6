import type { Access } from './access.ts';
import type { QueryContext } from './query/context.ts';
import type { FrameJson } from './frames/frame.ts';
import type { QueryResult } from './query/result.ts';

/** What the API sees of the warehouse. */
export interface Warehouse {
  status(): WarehouseStatus;
  /** Answers a batch, each query by itself. @throws WarmingUpError, UsageError for a batch that is none */
  query(body: unknown, access: Access, options: QueryOptions): Promise<BatchAnswer>;
  /** One query, as the API's own routes ask it (dimension values, findings). @throws QueryError, WarmingUpError */
  ask<T>(access: Access, options: QueryOptions, work: Ask<T>): Promise<T>;
  /** Looks at the bucket now, and not only when the timer says so. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

export type Ask<T> = (context: QueryContext) => Promise<T>;

export interface WarehouseStatus {
  readonly state: 'warming' | 'ready';
  /** Of what the answers are made from; another after each change of the bucket. Also an ETag. */
  readonly version: string;
  /** When the bucket was last looked at without error, milliseconds; null before the first time. */
  readonly refreshedAt: number | null;
  readonly scopes: number;
  readonly findings: number;
  /** Why the last look at the bucket failed, for people; null where it did not. */
  readonly problem: string | null;
  /** Share of the scopes that are loaded, 0–1. */
  readonly progress: number;
  /** Whether `sql` queries are taken at all. */
  readonly sql: boolean;
}

export interface QueryOptions {
  /** Aborted when the client goes. */
  readonly signal?: AbortSignal | undefined;
  /** The request comes from an alert rule (header FromAlert): what can't be alerted on is refused with the reason. */
  readonly fromAlert?: boolean;
}

export type QueryAnswer =
  | {
      readonly ok: true;
      readonly frames: readonly FrameJson[];
      readonly result: QueryResult;
      readonly cached: boolean;
    }
  | { readonly ok: false; readonly error: QueryFailure };

export interface QueryFailure {
  /** As an HTTP status: 400 for what the caller can correct, 403, 408, 499, 500, 503. */
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** Paths and messages of what is wrong with the query's fields. */
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
  /** What was run before it failed. */
  readonly executed?: string;
}

export interface BatchAnswer {
  readonly version: string;
  readonly results: ReadonlyMap<string, QueryAnswer>;
}
