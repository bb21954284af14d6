import { createWriteStream } from 'node:fs';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../../errors.ts';
import type { ProcessEnd } from '../process.ts';
import type { PullKind } from '../kinds/index.ts';
import type { PulledReport, PullEnd, PullRequest } from './request.ts';

export interface WrittenReport extends PulledReport {
  /** In the run's folder. */
  readonly file: string;
}

export interface Pulled {
  /** As if it had been a program: it ends the same ways. */
  readonly end: ProcessEnd;
  readonly failure: string | null;
  readonly reports: readonly WrittenReport[];
  readonly answer: PullEnd | null;
}

export interface PullOptions extends Omit<PullRequest, 'write'> {
  /** For the reports; removed by the caller. */
  readonly folder: string;
  readonly timeoutMs: number;
  readonly now: () => number;
}

/** Asks once. Whatever was written before it failed is there all the same. */
export async function pullOnce(kind: PullKind, options: PullOptions): Promise<Pulled> {
  const { folder, timeoutMs, now, ...request } = options;
  const start = now();
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([request.signal, timeout]);
  const reports: WrittenReport[] = [];
  const write: PullRequest['write'] = async (report, pieces) => {
    const file = path.join(folder, `${String(reports.length).padStart(4, '0')}-${plainName(report.name)}`);
    await pipeline(Readable.from(pieces), createWriteStream(file, { mode: 0o600 }), { signal });
    // Only what was written to its end: half a report is none.
    reports.push({ ...report, file });
  };
  const ended = (failure: string | null, answer: PullEnd | null, stderr = ''): Pulled => ({
    end: {
      exitCode: null,
      signal: null,
      timedOut: timeout.aborted,
      notStarted: null,
      durationMs: now() - start,
      stderr,
    },
    failure,
    reports,
    answer,
  });
  try {
    const answer = await untilAborted(kind.pull({ ...request, signal, write }), signal);
    return ended(null, answer);
  } catch (error) {
    if (request.signal.aborted) return ended('it was ended with the collector', null);
    if (timeout.aborted)
      return ended(`it was ended after ${Math.round(timeoutMs / 1000)} s, its timeout`, null);
    return ended(messageOf(error), null, hintOf(error));
  }
}

/** An API that never answers must not hold the run: what becomes of the call is nobody's business then. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => undefined);
  const aborted = new Promise<never>((_resolve, reject) => {
    const refuse = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) refuse();
    else signal.addEventListener('abort', refuse, { once: true });
  });
  aborted.catch(() => undefined);
  return Promise.race([work, aborted]);
}

function hintOf(error: unknown): string {
  return error instanceof Error && 'hint' in error && typeof error.hint === 'string' ? error.hint : '';
}

function plainName(name: string): string {
  return name.replace(/[^\w.-]+/g, '-').slice(-100);
}
