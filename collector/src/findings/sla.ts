import type { EpochMs } from './model.ts';
import type { Settings } from './settings.ts';
import { type Severity, severityRank } from './severity.ts';

const DAY_MS = 86_400_000;

/** Days to fix, null where none are set (LOW and INFORMATIONAL by default). */
export function slaDays(settings: Settings, severity: Severity, team: string | null): number | null {
  const ofTeam =
    team !== null && Object.hasOwn(settings.sla.teams, team) ? settings.sla.teams[team] : undefined;
  return ofTeam?.[severity] ?? settings.sla.days[severity] ?? null;
}

/** Date of a clock that starts at `start`. */
export function dueFrom(start: EpochMs, days: number | null): EpochMs | null {
  return days === null ? null : start + millisecondsOf(days);
}

/** Whole ones, also of a part of a day: times are whole milliseconds everywhere. */
export function millisecondsOf(days: number): number {
  return Math.round(days * DAY_MS);
}

/**
 * Date after a change of severity at `at`. Raised: the earlier of the old date and a clock that starts now, so that a
 * rescored finding is urgent but not late at once. Lowered: from the clock's start again.
 */
export function dueAfterRescore(
  old: { readonly severity: Severity; readonly dueAt: EpochMs | null },
  severity: Severity,
  days: number | null,
  clockStart: EpochMs,
  at: EpochMs,
): EpochMs | null {
  if (severityRank(severity) <= severityRank(old.severity)) return dueFrom(clockStart, days);
  const due = dueFrom(at, days);
  if (due === null) return old.dueAt;
  return old.dueAt === null ? due : Math.min(old.dueAt, due);
}

/** Date after a change of the allowed days by configuration: moved by the difference, so that a rescore keeps its effect. */
export function dueAfterSettings(
  dueAt: EpochMs | null,
  oldDays: number | null,
  newDays: number | null,
  clockStart: EpochMs,
): EpochMs | null {
  if (oldDays === newDays) return dueAt;
  if (newDays === null) return null;
  if (dueAt === null || oldDays === null) return dueFrom(clockStart, newDays);
  return dueAt + millisecondsOf(newDays) - millisecondsOf(oldDays);
}
