import { messageOf, ScanError } from '../../errors.ts';
import type { Covered, ListingBegin, ListingEnd } from '../../sources/common/listing.ts';
import { accountOf } from './aws.ts';
import type { PullRequest } from './request.ts';

export interface ListingAbout {
  /** Whose report it is. */
  readonly source: string;
  readonly mode: ListingBegin['mode'];
  /** As the service's own answers call the list: what the adapter knows it by. */
  readonly list: string;
}

/** A page of findings; or what has come whole so far, after which a report may end. */
export type Part = readonly object[] | Whole;
export interface Whole {
  readonly whole: readonly Covered[];
}

export interface Tell {
  /** What could not be asked although the rest could: the run is partial. */
  readonly gap: (what: string) => void;
  /** What people should know, and can do nothing about by giving rights. */
  readonly note: (what: string) => void;
}

/** Asks one region: gives what is found page by page, and in the end what is covered by it; null where the service is not switched on. */
export type AskRegion = (region: string, tell: Tell) => AsyncGenerator<Part, readonly Covered[] | null>;

export interface Listed {
  /** Regions that were listed to their end, without any gap. */
  readonly done: readonly string[];
  /** Regions that were listed, but for something that could not be asked. */
  readonly partly: readonly string[];
  /** Regions where the service is not switched on, or does not exist. */
  readonly off: readonly string[];
  readonly gaps: readonly string[];
}

/** A report is read as a whole, in some 5 kB of memory for each: past this, it ends where something has come whole. */
const MOST_FINDINGS = 20_000;
const MOST_NOTES = 100;

/**
 * Lists region after region into reports that say themselves what they cover. A region that can't be asked is a gap, and keeps
 * nobody from asking the next; what it gave before is taken in, and nothing closes there.
 */
export async function listRegions(
  request: PullRequest,
  about: ListingAbout,
  regions: readonly string[],
  ask: AskRegion,
): Promise<Listed> {
  const walk = new Walk(regions, ask, request.signal);
  // Where the service is switched off everywhere there is nothing to report.
  for (let number = 1; (await walk.begin()) !== null; number++) {
    const name = `${about.source}-${about.mode}-${number}.json`;
    await request.write({ name, source: about.source, othersToo: true }, report(request, about, walk));
  }
  const { done, partly, off, absent, gaps } = walk;
  // Names of a service that does not exist in a region can't be resolved. Where none can, it is the network.
  if (done.length + partly.length + off.length === 0 && absent.length > 0)
    gaps.push(`no address of the service can be resolved (${absent.join(', ')})`);
  else off.push(...absent);
  if (off.length > 0) request.log.info({ regions: off, source: about.source }, 'not switched on there');
  return { done, partly, off, gaps };
}

/** @throws ScanError where nothing could be asked anywhere */
export function gapsOf(...listings: readonly Listed[]): string[] {
  const gaps = [...new Set(listings.flatMap((listing) => listing.gaps))];
  const answered = listings.some(({ done, partly, off }) => done.length + partly.length + off.length > 0);
  if (answered || gaps.length === 0) return gaps;
  throw new ScanError(
    gaps[0] ?? '',
    'docs/pulls.md says which rights the job needs; a role in the account has to have them.',
  );
}

async function* report(
  request: PullRequest,
  { source, mode, list }: ListingAbout,
  walk: Walk,
): AsyncGenerator<string> {
  const begin: ListingBegin = { source, mode, at: new Date(request.observedAt).toISOString() };
  yield `{"listing":${JSON.stringify(begin)},${JSON.stringify(list)}:[`;
  const covered: Covered[] = [];
  let written = 0;
  for (let region = await walk.begin(); region !== null; region = await walk.begin()) {
    for await (const page of walk.pages(region, covered, () => written >= MOST_FINDINGS)) {
      const texts = page.map((finding) => JSON.stringify(finding));
      if (texts.length > 0) yield `${written === 0 ? '' : ','}\n${texts.join(',\n')}`;
      written += texts.length;
    }
    if (written >= MOST_FINDINGS) break;
  }
  // Who was asked was asked, also when nothing came of it: a report is of somebody.
  if (written === 0 && covered.every(({ accounts }) => accounts.length === 0))
    covered.push({ accounts: [accountOf(request)], cells: [] });
  const end: ListingEnd = { covered, notes: walk.takeNotes() };
  yield `\n],"listed":${JSON.stringify(end)}}\n`;
}

/** A region whose first answer, or the first that is still to be written, is there. */
interface Begun {
  readonly region: string;
  readonly asked: ReturnType<AskRegion>;
  readonly first: Awaited<ReturnType<ReturnType<AskRegion>['next']>>;
  /** Gaps that there were before. */
  readonly gaps: number;
}

/** On its way through the regions; what could not be asked is noted and passed by. */
class Walk {
  readonly done: string[] = [];
  readonly partly: string[] = [];
  readonly off: string[] = [];
  readonly absent: string[] = [];
  readonly gaps: string[] = [];
  readonly #waiting: string[];
  readonly #ask: AskRegion;
  readonly #signal: AbortSignal;
  #notes: string[] = [];
  #begun: Begun | null = null;

  constructor(regions: readonly string[], ask: AskRegion, signal: AbortSignal) {
    this.#waiting = [...regions];
    this.#ask = ask;
    this.#signal = signal;
  }

  /** The next region that answers, until its pages have been taken; null when there is none left. */
  async begin(): Promise<Begun | null> {
    while (this.#begun === null) {
      const region = this.#waiting.shift();
      if (region === undefined) return null;
      const gaps = this.gaps.length;
      const asked = this.#ask(region, { gap: (what) => this.#gap(what), note: (what) => this.#note(what) });
      try {
        const first = await asked.next();
        if (first.done === true && first.value === null) this.off.push(region);
        else this.#begun = { region, asked, first, gaps };
      } catch (error) {
        this.#failed(region, error);
      }
    }
    return this.#begun;
  }

  /**
   * @param covered gets what the region covers, once it was listed to its end, or what of it has come whole
   * @param full whether the report is to end where it can; the region then goes on in the next
   */
  async *pages(begun: Begun, covered: Covered[], full: () => boolean): AsyncGenerator<readonly object[]> {
    const { region, asked, first, gaps } = begun;
    this.#begun = null;
    try {
      let next = first;
      while (next.done !== true) {
        const part = next.value;
        const whole = 'whole' in part;
        if (whole) covered.push(...part.whole);
        else yield part;
        next = await asked.next();
        if (whole && next.done !== true && full()) {
          this.#begun = { region, asked, first: next, gaps };
          return;
        }
      }
      if (next.value === null) {
        this.off.push(region);
        return;
      }
      covered.push(...next.value);
      (this.gaps.length === gaps ? this.done : this.partly).push(region);
    } catch (error) {
      this.#failed(region, error, true);
    }
  }

  takeNotes(): string[] {
    const notes = this.#notes;
    this.#notes = [];
    return notes;
  }

  /** @param answered what had an address before has lost it: that is the network */
  #failed(region: string, error: unknown, answered = false): void {
    if (this.#signal.aborted) throw error;
    if (!answered && isUnknownHost(error)) this.absent.push(region);
    else this.#gap(messageOf(error));
  }

  #gap(what: string): void {
    this.#note(what);
    this.gaps.push(what);
  }

  #note(what: string): void {
    if (this.#notes.length < MOST_NOTES) this.#notes.push(what);
  }
}

function isUnknownHost(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ('code' in cause && cause.code === 'ENOTFOUND') return true;
  return false;
}
