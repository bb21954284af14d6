import { dresser } from '../findings/dress.ts';
import { decisionAt, type Finding, type Mute } from '../findings/finding.ts';
import type { EpochMs } from '../findings/model.ts';
import { matches, type MuteRule, type Settings } from '../findings/settings.ts';
import type { Severity } from '../findings/severity.ts';

/** `ending`: within two weeks. `dead`: in force, but there is nothing open that it matches. */
export type MuteState = 'in force' | 'ending' | 'expired' | 'dead';

const ENDING_MS = 14 * 86_400_000;
const SAMPLES = 3;

/** A finding, short enough for a list. */
export interface Sample {
  readonly fingerprint: string;
  readonly severity: Severity;
  readonly title: string;
  readonly resource: string;
  readonly account: string;
}

export interface RulePreview {
  readonly rule: MuteRule;
  readonly state: MuteState;
  /** Findings that the scanner sees and the rule matches, also where another rule or a verdict decides. */
  readonly matched: number;
  readonly severities: Readonly<Record<Severity, number>>;
  readonly samples: readonly Sample[];
}

export interface MutesPreview {
  readonly rules: readonly RulePreview[];
  /** What would be hidden that is counted now, and the other way round. */
  readonly muted: Moved;
  readonly unmuted: Moved;
}

export interface Moved {
  readonly count: number;
  readonly samples: readonly Sample[];
}

/** Tries the mutes of a configuration on findings, one after the other. */
export class MutePreview {
  readonly #settings: Settings;
  readonly #now: EpochMs;
  readonly #counts: Map<string, Counted>;
  readonly #muted = { count: 0, samples: [] as Sample[] };
  readonly #unmuted = { count: 0, samples: [] as Sample[] };
  readonly #dressers = new Map<string, ReturnType<typeof dresser>>();

  constructor(settings: Settings, now: EpochMs) {
    this.#settings = settings;
    this.#now = now;
    this.#counts = new Map(settings.mutes.map(({ id }) => [id, counted()]));
  }

  add(finding: Finding): void {
    if (finding.scanner === 'fixed') return;
    const dressed = this.#dresser(finding)({
      ...finding,
      severity: finding.mappedSeverity,
      score: finding.mappedScore,
    });
    const subject = { ...finding, labels: dressed.labels };
    for (const rule of this.#settings.mutes) {
      if (!matches(rule.match, subject)) continue;
      const count = this.#counts.get(rule.id);
      if (count === undefined) continue;
      count.matched++;
      count.severities[dressed.severity]++;
      if (count.samples.length < SAMPLES) count.samples.push(sampleOf(finding));
    }
    const before = this.#isMuted(finding, finding.mute);
    const after = this.#isMuted(finding, dressed.mute);
    if (before === after) return;
    const moved = after ? this.#muted : this.#unmuted;
    moved.count++;
    if (moved.samples.length < SAMPLES) moved.samples.push(sampleOf(finding));
  }

  result(): MutesPreview {
    const rules = this.#settings.mutes.map((rule): RulePreview => {
      const count = this.#counts.get(rule.id) ?? counted();
      return { rule, state: muteState(rule.expires, count.matched, this.#now), ...count };
    });
    return { rules, muted: this.#muted, unmuted: this.#unmuted };
  }

  #isMuted(finding: Finding, mute: Mute | null): boolean {
    return decisionAt({ verdict: finding.verdict, mute }, this.#now)?.kind === 'muted';
  }

  #dresser(finding: Finding): ReturnType<typeof dresser> {
    const key = JSON.stringify([finding.source, finding.cloud, finding.account, finding.reportedAccountName]);
    const known = this.#dressers.get(key) ?? dresser(finding, this.#settings);
    this.#dressers.set(key, known);
    return known;
  }
}

/** `matched` null where nobody has looked. */
export function muteState(expires: EpochMs, matched: number | null, now: EpochMs): MuteState {
  if (expires <= now) return 'expired';
  if (matched === 0) return 'dead';
  return expires - now <= ENDING_MS ? 'ending' : 'in force';
}

interface Counted {
  matched: number;
  readonly severities: Record<Severity, number>;
  readonly samples: Sample[];
}

function counted(): Counted {
  return {
    matched: 0,
    severities: { INFORMATIONAL: 0, LOW: 0, MEDIUM: 0, HIGH: 0, CRITICAL: 0 },
    samples: [],
  };
}

function sampleOf(finding: Finding): Sample {
  return {
    fingerprint: finding.fingerprint,
    severity: finding.severity,
    title: finding.title,
    resource: finding.resourceName ?? finding.resourceId,
    account: finding.accountName ?? finding.account,
  };
}
