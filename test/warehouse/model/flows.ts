import { type Change, type State, statusOf } from './life.ts';
import { sameFrameworks, sameLabels } from './values.ts';

/** How findings come to be open, and how they stop to be. */
export type Entered = 'new' | 'onboarded' | 'ruleset' | 'reopened' | 'expired' | 'restored' | 'movedIn';
export type Left = 'fixed' | 'retired' | 'newlyAccepted' | 'newlyFalsePositive' | 'muted' | 'movedOut';

export const ENTERED: readonly Entered[] = [
  'new',
  'onboarded',
  'ruleset',
  'reopened',
  'expired',
  'restored',
  'movedIn',
];
export const LEFT: readonly Left[] = [
  'fixed',
  'retired',
  'newlyAccepted',
  'newlyFalsePositive',
  'muted',
  'movedOut',
];

const BY_CAUSE = { drift: 'new', baseline: 'onboarded', ruleset: 'ruleset' } as const;

const BY_STATUS = {
  fixed: 'fixed',
  retired: 'retired',
  accepted: 'newlyAccepted',
  false_positive: 'newlyFalsePositive',
  muted: 'muted',
} as const;

const isOpen = (state: State | null): boolean => state?.status === 'open';

/** By which flow the finding came into `open`, or into another place of it; null where it did not. */
export function enteredBy(change: Change): Entered | null {
  const { before, after, former, t } = change;
  if (after?.status !== 'open') return null;
  if (before?.status === 'open') return moved(before, after) ? 'movedIn' : null;
  // It was open under another name.
  if (former.some(isOpen)) return 'movedIn';
  // A renamed finding goes on where the one that had the old name stopped.
  const origin = before ?? former.find((state) => state !== null) ?? null;
  if (origin === null) {
    return BY_CAUSE[after.event.openedCause];
  }
  if (origin.status === 'fixed' || origin.status === 'retired') return 'reopened';
  // Left alone, would it have become open by now?
  return statusOf(origin.event, t) === 'open' ? 'expired' : 'restored';
}

/** By which flow it left `open`, or its place there; null where it did not. */
export function leftBy({ before, after }: Change): Left | null {
  if (before?.status !== 'open') return null;
  if (after === null) return 'movedOut';
  if (after.status === 'open') return moved(before, after) ? 'movedOut' : null;
  return BY_STATUS[after.status];
}

/** Fixed on or before its due date: of the state before. */
export function slaMet(change: Change): boolean {
  const due = change.before?.event.dueAt ?? null;
  return leftBy(change) === 'fixed' && due !== null && change.t <= due;
}

/** Became overdue: of the state after. A finding that only changes its name does not become overdue again. */
export function slaMissed({ before, after, former }: Change): boolean {
  const was = [before, ...former].some(isOverdue);
  return isOverdue(after) && !was;
}

export function isOverdue(state: State | null): boolean {
  return state?.dueState === 'unverified' || state?.dueState === 'confirmed';
}

function moved(a: State, b: State): boolean {
  const [x, y] = [a.event, b.event];
  return !(
    x.severity === y.severity &&
    x.service === y.service &&
    x.region === y.region &&
    x.class === y.class &&
    x.ruleId === y.ruleId &&
    x.resourceType === y.resourceType &&
    x.resourceId === y.resourceId &&
    x.team === y.team &&
    x.environment === y.environment &&
    sameFrameworks(x.frameworks, y.frameworks) &&
    sameLabels(x.labels, y.labels)
  );
}
