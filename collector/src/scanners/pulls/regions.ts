import { messageOf, ScanError } from '../../errors.ts';
import type { Covered, ListingBegin, ListingEnd } from '../../sources/common/listing.ts';
import type { PullRequest } from './request.ts';

export interface ListingAbout {
  /** Whose report it is. */
  readonly source: string;
  readonly mode: ListingBegin['mode'];
  /** As the service's own answers call the list: what the adapter knows it by. */
  readonly list: string;
}

export interface Tell {
  /** What could not be asked although the rest could: the run is partial. */
  readonly gap: (what: string) => void;
  /** What people should know, and can do nothing about by giving rights. */
  readonly note: (what: string) => void;
}

/** Asks one region: gives what is found page by page, and in the end what is covered by it; null where the service is not switched on. */
export type AskRegion = (
  region: string,
  tell: Tell,
) => AsyncGenerator<readonly object[], readonly Covered[] | null>;

export interface Listed {
  /** Regions that were listed to their end, without any gap. */
  readonly done: readonly string[];
  /** Regions where the service is not switched on, or does not exist. */
  readonly off: readonly string[];
  readonly gaps: readonly string[];
}

/** A report is read as a whole: it ends with the region in which it grew past this. Some 2 kB each. */
const MOST_FINDINGS = 50_000;
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
  const listed = { done: [] as string[], off: [] as string[], absent: [] as string[], gaps: [] as string[] };
  const waiting = [...regions];
  for (let number = 1; waiting.length > 0; number++) {
    await request.write(
      { name: `${about.source}-${about.mode}-${number}.json`, source: about.source, othersToo: true },
      report(request, about, waiting, ask, listed),
    );
  }
  const { done, off, absent, gaps } = listed;
  // Names of a service that does not exist in a region can't be resolved. Where none can, it is the network.
  if (done.length === 0 && off.length === 0 && absent.length > 0)
    gaps.push(`no address of the service can be resolved (${absent.join(', ')})`);
  else off.push(...absent);
  if (off.length > 0) request.log.info({ regions: off, source: about.source }, 'not switched on there');
  return { done, off, gaps };
}

/** @throws ScanError where nothing could be asked anywhere */
export function gapsOf(...listings: readonly Listed[]): string[] {
  const gaps = [...new Set(listings.flatMap((listing) => listing.gaps))];
  const answered = listings.some(({ done, off }) => done.length > 0 || off.length > 0);
  if (answered || gaps.length === 0) return gaps;
  throw new ScanError(
    gaps[0] ?? '',
    'docs/scanning.md says which rights the job needs; a role in the account has to have them.',
  );
}

async function* report(
  { observedAt, signal }: PullRequest,
  { source, mode, list }: ListingAbout,
  waiting: string[],
  ask: AskRegion,
  listed: {
    readonly done: string[];
    readonly off: string[];
    readonly absent: string[];
    readonly gaps: string[];
  },
): AsyncGenerator<string> {
  const begin: ListingBegin = { source, mode, at: new Date(observedAt).toISOString() };
  yield `{"listing":${JSON.stringify(begin)},${JSON.stringify(list)}:[`;
  const covered: Covered[] = [];
  const notes: string[] = [];
  let written = 0;
  for (let region = waiting.shift(); region !== undefined; region = waiting.shift()) {
    const before = listed.gaps.length;
    const note = (what: string): void => {
      if (notes.length < MOST_NOTES) notes.push(what);
    };
    const gap = (what: string): void => {
      note(what);
      listed.gaps.push(what);
    };
    try {
      const asked = ask(region, { gap, note });
      let next = await asked.next();
      for (; next.done !== true; next = await asked.next()) {
        const texts = next.value.map((finding) => JSON.stringify(finding));
        if (texts.length > 0) yield `${written === 0 ? '' : ','}\n${texts.join(',\n')}`;
        written += texts.length;
      }
      if (next.value === null) listed.off.push(region);
      else covered.push(...next.value);
      if (next.value !== null && listed.gaps.length === before) listed.done.push(region);
    } catch (error) {
      if (signal.aborted) throw error;
      if (isUnknownHost(error)) listed.absent.push(region);
      else gap(messageOf(error));
    }
    if (written >= MOST_FINDINGS) break;
  }
  const end: ListingEnd = { covered, notes };
  yield `\n],"listed":${JSON.stringify(end)}}\n`;
}

function isUnknownHost(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ('code' in cause && cause.code === 'ENOTFOUND') return true;
  return false;
}
