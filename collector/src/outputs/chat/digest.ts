import type { EpochMs } from '../../findings/model.ts';
import type { Severity } from '../../findings/severity.ts';

/** What people are told after a run of a job, over all its accounts. Reasons and targets are untrusted text. */
export interface Digest {
  readonly job: string;
  readonly slot: EpochMs;
  readonly startedAt: EpochMs;
  readonly endedAt: EpochMs;
  /** Tasks by how they ended. */
  readonly complete: number;
  readonly partial: number;
  readonly failed: number;
  readonly missed: number;
  /** The worst first, at most ten. */
  readonly problems: readonly {
    readonly target: string;
    readonly outcome: string;
    readonly reason: string;
  }[];
  /** Opened by drift, or reopened. */
  readonly fresh: Readonly<Record<Severity, number>>;
  readonly fixed: Readonly<Record<Severity, number>>;
  readonly onboarded: number;
}

export type Mood = 'green' | 'yellow' | 'red';

/** Red: a scan failed, or something high is new. Yellow: something else is new, or a scan saw less than it should. */
export function moodOf({ fresh, failed, partial, missed }: Digest): Mood {
  if (failed > 0 || fresh.CRITICAL + fresh.HIGH > 0) return 'red';
  return partial + missed + sum(fresh) > 0 ? 'yellow' : 'green';
}

export function sum(counts: Readonly<Record<Severity, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

const WORST_FIRST = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL'] as const;

/** `2 critical, 1 low`; `none` */
export function countsText(counts: Readonly<Record<Severity, number>>): string {
  const parts = WORST_FIRST.filter((severity) => counts[severity] > 0).map(
    (severity) => `${counts[severity].toLocaleString('en')} ${severity.toLowerCase()}`,
  );
  return parts.length === 0 ? 'none' : parts.join(', ');
}

/** `prowler-nightly: 2 new, 3 fixed, 1 of 40 scans failed` */
export function headlineOf(digest: Digest): string {
  const { job, complete, partial, failed, missed, fresh, fixed } = digest;
  const total = complete + partial + failed + missed;
  const parts = [`${sum(fresh).toLocaleString('en')} new`, `${sum(fixed).toLocaleString('en')} fixed`];
  if (failed > 0) parts.push(`${failed} of ${total} ${total === 1 ? 'scan' : 'scans'} failed`);
  if (partial > 0) parts.push(`${partial} partial`);
  if (missed > 0) parts.push(`${missed} missed`);
  return `${job}: ${parts.join(', ')}`;
}

/** Label and text of what follows the headline. */
export function factsOf(digest: Digest): readonly (readonly [string, string])[] {
  const { complete, partial, failed, missed, startedAt, endedAt, onboarded } = digest;
  return [
    ['New', countsText(digest.fresh)],
    ['Fixed', countsText(digest.fixed)],
    ['Scans', `${complete} complete, ${partial} partial, ${failed} failed, ${missed} missed`],
    ...(onboarded > 0
      ? [['First seen', `${onboarded.toLocaleString('en')}, where or for what nobody looked before`] as const]
      : []),
    ['Took', durationText(endedAt - startedAt)],
  ];
}

export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export const MOODS: Readonly<Record<Mood, string>> = { green: '🟢', yellow: '🟡', red: '🔴' };

/** One line of untrusted text, short enough for a message. */
export function plain(text: string, most = 300): string {
  const line = text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim();
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`;
}
