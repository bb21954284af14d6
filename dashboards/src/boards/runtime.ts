import type { EventsQuery } from '../../../plugin/src/query/model.ts';
import { boardOf, shelf } from '../build/board.ts';
import { COLOUR } from '../build/colours.ts';
import { UID } from '../build/names.ts';
import { bars, bySeverity, logLines, stackedBars } from '../build/panels.ts';
import { BY, events, is, summary, trend } from '../build/query.ts';
import { plain } from '../build/thresholds.ts';
import { usual } from '../build/variables.ts';

const EMPTY = 'No detections: bring Falco or GuardDuty events.';
const DETECTED = [is('class', 'detection'), ...BY.findings];

const over = bySeverity(
  stackedBars(
    {
      title: 'Detections by priority',
      says: 'Findings of runtime detection that opened in each interval. One that goes on is counted once.',
      empty: EMPTY,
    },
    trend({ measures: ['new'], groupBy: ['severity'], filters: DETECTED }),
  ),
);

const top = (title: string, says: string, dimension: string) =>
  bars(
    { title, says, empty: EMPTY },
    summary({ measures: ['findings'], groupBy: [dimension], limit: 10, filters: DETECTED }),
  ).thresholds(plain(COLOUR.neutral));

/** All but failed scans, which are no detections. */
const OF_FINDINGS: EventsQuery['kinds'] = [
  ...(['new', 'onboarded', 'ruleset', 'reopened', 'changed', 'fixed', 'retired', 'accepted'] as const),
  ...(['falsePositive', 'muted', 'restored', 'expired', 'overdue'] as const),
];

const lines = logLines(
  { title: 'What happened', says: 'Events of detections, newest first.', empty: EMPTY },
  events({ format: 'logs', kinds: OF_FINDINGS, limit: 500, filters: DETECTED }),
);

export const runtime = boardOf({
  uid: UID.runtime,
  title: 'Runtime',
  description: 'What runtime detection saw: Falco, GuardDuty and the like.',
  variables: usual(),
  shelves: [
    shelf(8, [24, over]),
    shelf(
      9,
      [8, top('Top rules', 'Rules that fire most.', 'rule')],
      [8, top('Top hosts', 'Where they fire.', 'resource')],
      [8, top('Top clusters and accounts', 'Whose hosts they are.', 'account')],
    ),
    shelf(14, [24, lines]),
  ],
});
