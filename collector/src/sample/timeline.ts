import type { Flaw, Level, Resource, Week } from './model.ts';
import type { Chance } from './random.ts';
import { PINS, STORY, WEEKS } from './story.ts';

/** In which weeks (index 1 to 12) a resource has a flaw: pinned by the story, hit by the incident, or left to habit. */
export function openWeeks(chance: Chance, resource: Resource, flaw: Flaw): readonly boolean[] {
  const pin = PINS.find(
    (candidate) =>
      candidate.account === resource.account.name &&
      candidate.kind === resource.kind.id &&
      candidate.resource === resource.name &&
      candidate.flaw === flaw.id,
  );
  if (pin !== undefined) {
    return weeks((week) => pin.open.some(([from, to]) => from <= week && week <= to));
  }
  const habit = byHabit(chance, resource, flaw);
  const incident = incidentWeeks(chance, resource, flaw);
  return weeks((week) => habit[week] === true || incident(week));
}

function weeks(decide: (week: Week) => boolean): boolean[] {
  return Array.from({ length: WEEKS + 1 }, (_, week) => week > 0 && decide(week));
}

export function severityOf(flaw: Flaw): Level {
  return flaw.check?.severity ?? (flaw.rule?.level === 'danger' ? 'high' : 'medium');
}

function byHabit(chance: Chance, resource: Resource, flaw: Flaw): boolean[] {
  const { habits } = resource.account;
  const key = [resource.uid, resource.region, resource.name, flaw.id];
  const severity = severityOf(flaw);
  const open: boolean[] = Array.from({ length: WEEKS + 1 }, () => false);
  // A resource that comes later is made by today's templates: it has fewer flaws than its elders.
  const late = resource.since > resource.account.from ? 0.6 : 1;
  let now = chance('start', ...key) < Math.min(0.97, flaw.rate * habits.start * late) || flaw.rate === 1;
  let fixedOnce = false;
  for (let week = resource.since; week <= WEEKS; week++) {
    if (week > resource.since && flaw.rate > 0 && flaw.rate < 1) {
      const dice = chance('week', week, ...key);
      if (now) {
        now = dice >= habits.fix[severity];
        fixedOnce ||= !now;
      } else {
        // What is common everywhere also drifts in more often than what is rare.
        now = dice < (fixedOnce ? habits.relapse : habits.drift * Math.min(1, flaw.rate * 3));
      }
    }
    open[week] = now;
  }
  return open;
}

function incidentWeeks(chance: Chance, resource: Resource, flaw: Flaw): (week: Week) => boolean {
  const { incident } = STORY;
  const touched =
    resource.account.name === incident.account &&
    resource.since <= incident.week &&
    incident.flaws.some(([kind, id]) => kind === flaw.kind && id === flaw.id) &&
    chance('incident', resource.uid) < incident.reach &&
    chance('incident', resource.uid, flaw.id) < 0.75;
  if (!touched) return () => false;
  const lasts = Math.floor(chance('cleanup', resource.uid, flaw.id) * (incident.over - incident.week));
  return (week) => week >= incident.week && week <= incident.week + lasts;
}
