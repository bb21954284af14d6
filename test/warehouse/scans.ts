import type { CheckStats, Observation } from '../../collector/src/findings/model.ts';
import { DAY, run } from '../../collector/src/findings/testing/builders.ts';
import type { Change } from '../../collector/src/lake/advance.ts';
import type { Random } from '../support/random.ts';
import { pick } from './pick.ts';
import { HOUR, type Place, REGIONS, SERVICES, type Thing } from './places.ts';

export type RunChange = Extract<Change, { report: unknown }>;

/** What a scan of a place reports: often not all of it, sometimes late. */
export function scanOf(random: Random, place: Place, now: number, id: string): RunChange {
  // Some reports come late.
  const at = place.identity === 2 ? now : now - pick(random, [0, 0, 0, 0, 0, 0, HOUR, 3 * DAY]);
  const services = Object.keys(SERVICES).filter(() => random() < 0.9);
  const wide = place.exhaustive;
  const rules = (service: string): string[] =>
    (SERVICES[service] ?? []).filter(() => random() < (random() < 0.1 ? 0.4 : 1)).sort();
  const coverage = new Map<string, readonly string[]>();
  if (place.mode === 'snapshot') {
    for (const service of services) {
      const regions = service === 'iam' ? ['global'] : REGIONS;
      if (wide) coverage.set(`${service}@*`, rules(service));
      else
        for (const region of regions)
          if (random() < 0.9) coverage.set(`${service}@${region}`, rules(service));
    }
  }
  const inSight = (thing: Thing): boolean =>
    place.mode !== 'snapshot' ||
    coverage.get(wide ? `${thing.content.service}@*` : thing.content.cell)?.includes(thing.content.ruleId) ===
      true ||
    random() < 0.05;
  const seen = place.things.filter((thing) => thing.failing && inSight(thing));
  const observations = new Map<string, Observation>();
  for (const { content, renamed } of seen) {
    const named =
      place.identity === 1
        ? content
        : { ...content, fingerprint: renamed, formerFingerprints: [content.fingerprint] };
    const other = observations.get(named.fingerprint);
    observations.set(named.fingerprint, other === undefined ? named : { ...other, ...merge(other, named) });
  }
  const closed =
    place.mode === 'delta'
      ? place.things
          .filter((thing) => !thing.failing)
          .map((thing) => (place.identity === 1 ? thing.content.fingerprint : thing.renamed))
          .filter((name) => !observations.has(name))
      : [];
  const { source, cloud, account } = place.name;
  const report = run({
    at,
    source,
    cloud,
    account,
    accountName: random() < 0.5 ? null : `reported ${account}`,
    mode: place.mode,
    outcome: pick(random, [
      'complete',
      'complete',
      'complete',
      'complete',
      'complete',
      'complete',
      'partial',
      'failed',
    ]),
    coverage,
    rulesAreExhaustive: place.exhaustive,
    checks: statsOf(random, services),
    observations: [...observations.values()],
    closed,
    passed: Math.floor(random() * 100),
  }).report;
  const digest = id;
  return {
    input: {
      kind: 'run',
      id,
      observedAt: at,
      declaredComplete: random() < 0.15,
      outcome: random() < 0.05 ? 'partial' : null,
      durationMs: random() < 0.5 ? null : Math.floor(random() * HOUR),
      source,
      identity: `${source}/${place.identity}`,
      raw: { key: `raw/${source}/${digest}.json.zst`, digest, bytes: 1, name: `${id}.json` },
      companion: null,
    },
    report,
  };
}

/** Two things that have become one: it had both names. */
function merge(a: Observation, b: Observation): Partial<Observation> {
  const former = [...(a.formerFingerprints ?? []), ...(b.formerFingerprints ?? [])];
  return former.length === 0 ? {} : { formerFingerprints: former };
}

function statsOf(random: Random, services: readonly string[]): Map<string, CheckStats> {
  const checks = new Map<string, CheckStats>();
  for (const service of services) {
    if (random() < 0.1) continue;
    const checked = random() < 0.15 ? null : Math.floor(random() * 50);
    const flagged = random() < 0.1 ? null : Math.floor(random() * ((checked ?? 20) + 1));
    checks.set(service, { checked, flagged, resources: random() < 0.3 ? null : Math.floor(random() * 9) });
  }
  return checks;
}
