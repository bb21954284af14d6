import type { Logger } from 'pino';
import type { ZodError } from 'zod';
import { SightlineError, UsageError } from '../errors.ts';
import { sha256 } from '../lake/keys.ts';
import { type Access, isBound } from './access.ts';
import { AnswerCache, weightOf } from './answer-cache.ts';
import type { Ask, QueryAnswer, QueryFailure, QueryOptions, WarehouseStatus } from './contract.ts';
import { QueryError } from './engine.ts';
import { framesOf, refuseForAlert, refuseFormat } from './frames/index.ts';
import type { Rows } from './query/context.ts';
import { runEvents } from './query/events.ts';
import { runFindings } from './query/findings.ts';
import { runSql } from './query/raw-sql.ts';
import { momentOf } from './query/findings-order.ts';
import { datedFilters } from './query/relative-days.ts';
import { batchSchema, type Query, querySchema, type Range, timeOf } from './query/request.ts';
import type { QueryResult } from './query/result.ts';
import { runRuns } from './query/runs.ts';
import { runSummary } from './query/summary.ts';
import { rangeOf } from './query/time.ts';
import { runTrend } from './query/trend.ts';

export interface AnswersOptions {
  readonly sql: boolean;
  /** Rows of one answer, whatever a query asks for. */
  readonly maxRows: number;
  readonly log: Logger;
  readonly timezone: string;
  readonly publicUrl?: string | undefined;
  /** Milliseconds between two looks at the bucket; null: only when asked to. */
  readonly refreshMs: number | null;
  readonly committer: { now(): number };
}

/** How queries get at the data. */
export interface Source {
  inSnapshot<T>(range: Range, work: Ask<T>): Promise<T>;
  untrusted(text: string, maxRows: number): Promise<Rows>;
}

interface Found {
  readonly result: QueryResult;
  readonly tookMs: number;
}

/** Ranges that end now, and are long, are widened to whole steps of this: panels drawn together then share answers. */
const NOW_STEP_MS = 10_000;
const NOW_WITHIN_MS = 60_000;
const LONG_MS = 6 * 3_600_000;

/** A warehouse that has not seen the bucket for so long, and for so many looks, answers no alert rule. */
const STALE_MS = 30 * 60_000;
const STALE_REFRESHES = 5;

/** Answers batches of queries, each by itself; the same query on the same state is answered once. */
export class Answers {
  readonly #options: AnswersOptions;
  readonly #cache = new AnswerCache<Found>(({ result }) => weightOf(result));

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /** @throws UsageError for a batch that is none */
  async batch(
    body: unknown,
    access: Access,
    status: WarehouseStatus,
    options: QueryOptions,
    source: Source,
  ): Promise<ReadonlyMap<string, QueryAnswer>> {
    const { range, queries } = this.#read(body);
    const results = new Map<string, QueryAnswer>();
    await Promise.all(
      queries.map(async ({ refId, query }) => {
        results.set(refId, await this.#one(query, range, access, status, options, source));
      }),
    );
    return new Map(queries.map(({ refId }) => [refId, results.get(refId) ?? lost()]));
  }

  #read(body: unknown): { range: Range; queries: { refId: string; query: Query | QueryFailure }[] } {
    const parsed = batchSchema.safeParse(body);
    if (!parsed.success) throw badBatch(describe(parsed.error)[0]);
    const { from, to, timezone, queries } = parsed.data;
    const range = this.#rangeOf(timeOf(from), timeOf(to), timezone ?? this.#options.timezone);
    const read = queries.map((given, index) => ({
      refId: refIdOf(given) ?? String(index),
      query: readQuery(given),
    }));
    const twice = read.find(({ refId }, index) => read.findIndex((other) => other.refId === refId) !== index);
    if (twice !== undefined)
      throw badBatch({
        path: 'queries',
        message: `the refId ${JSON.stringify(twice.refId.slice(0, 100))} is there twice`,
      });
    return { range, queries: read };
  }

  #rangeOf(from: number, to: number, timezone: string): Range {
    if (from >= to) throw badBatch({ path: 'to', message: 'must be later than `from`' });
    if (!isTimezone(timezone))
      throw badBatch({
        path: 'timezone',
        message: `${JSON.stringify(timezone)} is no time zone: use an IANA name such as Europe/Berlin`,
      });
    const endsNow = Math.abs(to - this.#options.committer.now()) <= NOW_WITHIN_MS;
    if (!endsNow || to - from < LONG_MS) return { from, to, timezone };
    return {
      from: Math.floor(from / NOW_STEP_MS) * NOW_STEP_MS,
      to: Math.ceil(to / NOW_STEP_MS) * NOW_STEP_MS,
      timezone,
    };
  }

  async #one(
    asked: Query | QueryFailure,
    range: Range,
    access: Access,
    status: WarehouseStatus,
    options: QueryOptions,
    source: Source,
  ): Promise<QueryAnswer> {
    if ('status' in asked) return { ok: false, error: asked };
    const query = this.#limited(dated(asked, range));
    try {
      if (options.fromAlert === true) this.#refuseStale(status, access);
      const refusal = (options.fromAlert === true ? refuseForAlert(query) : null) ?? refuseFormat(query);
      if (refusal !== null) throw new QueryError('invalid', refusal, 'Correct the query and send it again.');
      const key = this.#keyOf(status.version, query, range, access, options);
      const { value, cached } = await this.#cache.get(key, status.version, options.signal, () =>
        this.#run(query, range, access, options, source),
      );
      const now = this.#options.committer.now();
      const frames = framesOf(query, value.result, {
        fromAlert: options.fromAlert === true,
        meta: {
          version: status.version,
          refreshedAt: status.refreshedAt,
          ageMs: status.refreshedAt === null ? null : Math.max(0, now - status.refreshedAt),
          tookMs: value.tookMs,
          cached,
          statements: value.result.statements,
        },
        ...(this.#options.publicUrl === undefined ? {} : { links: { publicUrl: this.#options.publicUrl } }),
      });
      return { ok: true, frames, result: value.result, cached };
    } catch (error) {
      const failure = failureOf(error);
      if (failure.status === 500) this.#options.log.error({ err: error, type: query.type }, 'query failed');
      return { ok: false, error: failure };
    }
  }

  /**
   * What ends in the future changes as time goes on, also while the bucket does not: `this week` ends on Sunday all week long. So
   * does SQL, which may ask for the time by itself.
   */
  #keyOf(
    version: string,
    query: Query,
    range: Range,
    { accounts, teams }: Access,
    { fromAlert = false }: QueryOptions,
  ): string {
    const { refId: _refId, ...question } = query;
    const now = this.#options.committer.now();
    const moves = query.type === 'sql' || rangeOf(query, range).to > now;
    const step = moves ? Math.floor(now / NOW_STEP_MS) : null;
    return sha256(JSON.stringify([version, question, range, accounts, teams, fromAlert, step]));
  }

  /**
   * What a rule reads from a warehouse that has long not seen the bucket would keep alerts as they were for ever, and nobody would know.
   * @throws StaleError
   */
  #refuseStale({ refreshedAt, problem }: WarehouseStatus, access: Access): void {
    const { committer, refreshMs } = this.#options;
    if (refreshMs === null || refreshedAt === null) return;
    const ageMs = committer.now() - refreshedAt;
    if (ageMs > Math.max(STALE_MS, STALE_REFRESHES * refreshMs))
      // What went wrong names scopes of others, and where the bucket is.
      throw new StaleError(ageMs, isBound(access) ? null : problem);
  }

  #limited(query: Query): Query {
    const { maxRows } = this.#options;
    return query.limit > maxRows ? { ...query, limit: maxRows } : query;
  }

  async #run(
    query: Query,
    range: Range,
    access: Access,
    options: QueryOptions,
    source: Source,
  ): Promise<Found> {
    const started = performance.now();
    const watched = new WatchedSource(source);
    try {
      const result = await this.#dispatch(query, range, access, options, watched);
      return { result, tookMs: Math.round((performance.now() - started) * 10) / 10 };
    } catch (error) {
      if (error instanceof QueryError && watched.statements.length > 0)
        error.executed = watched.statements.join(';\n\n');
      throw error;
    }
  }

  async #dispatch(
    query: Query,
    range: Range,
    access: Access,
    options: QueryOptions,
    source: Source,
  ): Promise<QueryResult> {
    switch (query.type) {
      case 'trend':
        return source.inSnapshot(range, (context) =>
          runTrend(context, query, { fromAlert: options.fromAlert === true }),
        );
      case 'summary':
        return source.inSnapshot(range, (context) => runSummary(context, query));
      case 'findings':
        return source.inSnapshot(range, (context) => runFindings(context, query));
      case 'events':
        return source.inSnapshot(range, (context) => runEvents(context, query));
      case 'runs':
        return source.inSnapshot(range, (context) => runRuns(context, query));
      case 'sql':
        if (!this.#options.sql)
          throw new QueryError(
            'invalid',
            'SQL queries are switched off',
            'Set `warehouse.sql: true` in the configuration of the server.',
          );
        if (isBound(access)) throw new ForbiddenQueryError();
        return runSql((text, maxRows) => source.untrusted(text, maxRows), range, query);
    }
  }
}

/** Knows what was run also where that fails. */
class WatchedSource implements Source {
  statements: readonly string[] = [];
  readonly #source: Source;

  constructor(source: Source) {
    this.#source = source;
  }

  inSnapshot<T>(range: Range, work: Ask<T>): Promise<T> {
    return this.#source.inSnapshot(range, (context) => {
      this.statements = context.statements;
      return work(context);
    });
  }

  untrusted(text: string, maxRows: number): Promise<Rows> {
    this.statements = [text];
    return this.#source.untrusted(text, maxRows);
  }
}

/** Days are counted from the end of the range; on later pages from that of the first, else midnight would change what is asked for. */
function dated(query: Query, batch: Range): Query {
  if (!('filters' in query)) return query;
  const first = query.type === 'findings' && query.cursor !== undefined ? momentOf(query.cursor) : null;
  return { ...query, filters: datedFilters(query.filters, first ?? rangeOf(query, batch).to) };
}

/** To an alert rule, and to nobody else: people see in every frame how old it is. */
class StaleError extends SightlineError {
  constructor(ageMs: number, problem: string | null) {
    super(
      'conflict',
      `the bucket was last read ${Math.round(ageMs / 60_000)} minutes ago${problem === null ? '' : ` (${problem})`}`,
      'Alerts keep their state until it is read again.',
      4,
    );
  }
}

/** SQL sees every row: it is not for those who may not. */
export class ForbiddenQueryError extends SightlineError {
  constructor() {
    super(
      'usage',
      'SQL queries are refused to callers who see only some accounts or teams',
      'Use the other query types.',
      2,
    );
  }
}

function readQuery(given: unknown): Query | QueryFailure {
  const parsed = querySchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issues = describe(parsed.error);
  const [first] = issues;
  return {
    status: 400,
    title: 'Bad query',
    detail:
      first === undefined
        ? 'It can not be read.'
        : `${first.path === '' ? '' : `${first.path}: `}${first.message}`,
    issues,
  };
}

function describe(error: ZodError): { path: string; message: string }[] {
  return error.issues
    .slice(0, 20)
    .map(({ path, message }) => ({ path: path.join('.'), message: message.slice(0, 500) }));
}

function badBatch(issue: { path: string; message: string } | undefined): UsageError {
  return new UsageError(
    issue === undefined
      ? 'this is no batch of queries'
      : `${issue.path === '' ? 'the body' : issue.path}: ${issue.message}`,
    'Send {"from": …, "to": …, "queries": [{"refId": "A", "type": "summary", …}]}; /api/v1/openapi.json describes it.',
  );
}

function refIdOf(given: unknown): string | null {
  if (typeof given !== 'object' || given === null || !('refId' in given)) return null;
  return typeof given.refId === 'string' && given.refId.length <= 100 ? given.refId : null;
}

const timezones = new Map<string, boolean>();

function isTimezone(name: string): boolean {
  let known = timezones.get(name);
  if (known === undefined) {
    try {
      new Intl.DateTimeFormat('en', { timeZone: name });
      known = true;
    } catch {
      known = false;
    }
    if (timezones.size < 1_000) timezones.set(name, known);
  }
  return known;
}

const STATUS: Readonly<Record<QueryError['reason'], readonly [number, string]>> = {
  invalid: [400, 'Bad query'],
  resources: [422, 'Query too large'],
  timeout: [408, 'Query took too long'],
  cancelled: [499, 'Cancelled'],
};

/** What is said of an error to the client; anything that is not ours says nothing of its inside. */
export function failureOf(error: unknown): QueryFailure {
  if (error instanceof ForbiddenQueryError)
    return { status: 403, title: 'Forbidden', detail: `${error.message}. ${error.hint}` };
  if (error instanceof StaleError)
    return { status: 503, title: 'Stale', detail: `${error.message}. ${error.hint}` };
  if (error instanceof QueryError) {
    const [status, title] = STATUS[error.reason];
    const { message, hint, executed } = error;
    return { status, title, detail: `${message}. ${hint}`, ...(executed === null ? {} : { executed }) };
  }
  if (error instanceof UsageError)
    return { status: 400, title: 'Bad query', detail: `${error.message}. ${error.hint}` };
  return { status: 500, title: 'Internal error', detail: 'The log of the server says more.' };
}

function lost(): QueryAnswer {
  return { ok: false, error: failureOf(new Error('no answer')) };
}
