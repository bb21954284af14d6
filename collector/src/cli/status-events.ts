import type { EpochMs } from '../findings/model.ts';
import type { Backlog } from '../ingest/spool/index.ts';
import { durationText } from '../outputs/chat/digest.ts';
import { iso } from './finding-row.ts';
import { type Paint, plural } from './output.ts';

/** Pushed events that are committed every half minute: these should have been long ago. */
const LATE_MS = 5 * 60_000;

/** One line a feed of which events wait, or were set aside. */
export function eventLines(backlogs: readonly Backlog[], now: EpochMs, paint: Paint): string[] {
  return backlogs.flatMap(({ feed, events, oldestAt, rejected }) => {
    const age = oldestAt === null ? 0 : Math.max(0, now - oldestAt);
    const late = age > LATE_MS ? paint.red('late') : paint.dim('events');
    const aside = `${plural(rejected, 'object')} set aside in spool/${feed}/rejected/`;
    return [
      ...(events === 0
        ? []
        : [`${late}  ${feed}: ${plural(events, 'event')}, the oldest for ${durationText(age)}`]),
      ...(rejected === 0 ? [] : [`${paint.yellow('events')}  ${feed}: ${aside}`]),
    ];
  });
}

export function eventsDocument({ feed, batches, events, bytes, oldestAt, rejected }: Backlog): unknown {
  return { feed, batches, events, bytes, oldestAt: iso(oldestAt), rejected };
}
