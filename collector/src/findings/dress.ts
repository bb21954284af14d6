import type { Mute } from './finding.ts';
import type { Content } from './model.ts';
import type { Settings, Subject } from './settings.ts';
import { namingOf } from './naming.ts';
import { accountOf, matches } from './settings.ts';
import { type Severity, scoreOfSeverity, severityOfScore } from './severity.ts';

/** What a run or a row says of whose findings these are. */
export interface Owner {
  readonly source: string;
  readonly cloud: string;
  readonly account: string;
  readonly reportedAccountName: string | null;
}

/** What the configuration adds to the content of a finding. */
export interface Dress {
  readonly accountName: string | null;
  readonly team: string | null;
  readonly environment: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly severity: Severity;
  readonly score: number;
  readonly mute: Mute | null;
}

type Mapped = Pick<
  Content,
  'region' | 'service' | 'ruleId' | 'resourceId' | 'resourceName' | 'tags' | 'severity' | 'score'
>;

/**
 * Applies the configuration to contents of one account: ownership as code, severity maps, mutes.
 * `content.severity` and `content.score` are the adapter's.
 */
export function dresser(owner: Owner, settings: Settings): (content: Mapped) => Dress {
  const account = accountOf(settings, owner.cloud, owner.account);
  const plain = settings.ownership.length === 0 && account.labels === undefined;
  const rules = settings.ownership.map((rule) => ({
    ...rule,
    read: rule.naming === undefined ? null : namingOf(rule.naming),
  }));
  return (content) => {
    const labels = plain ? content.tags : { ...content.tags, ...account.labels };
    const subject: Subject = {
      source: owner.source,
      cloud: owner.cloud,
      account: owner.account,
      region: content.region,
      service: content.service,
      ruleId: content.ruleId,
      resourceId: content.resourceId,
      resourceName: content.resourceName,
      labels,
    };
    let team = account.team ?? null;
    let environment = account.environment ?? null;
    let added: Readonly<Record<string, string>> | undefined;
    for (const { match, read, ...rule } of rules) {
      if (!matches(match, subject)) continue;
      const named = read === null ? {} : read(content.resourceName ?? content.resourceId);
      if (named === null) continue;
      const { team: namedTeam, environment: namedEnvironment, ...others } = named;
      team = namedTeam ?? rule.team ?? team;
      environment = namedEnvironment ?? rule.environment ?? environment;
      if (rule.labels !== undefined || Object.keys(others).length > 0)
        added = { ...added, ...rule.labels, ...others };
    }
    const dressed = added === undefined ? subject : { ...subject, labels: { ...labels, ...added } };
    return {
      accountName: account.name ?? owner.reportedAccountName,
      team,
      environment,
      labels: dressed.labels,
      ...severityOf(content, dressed, settings),
      mute: muteOf(dressed, settings),
    };
  };
}

function severityOf(
  content: Mapped,
  subject: Subject,
  settings: Settings,
): { severity: Severity; score: number } {
  const rule = settings.severity.findLast((candidate) => matches(candidate.match, subject));
  if (rule === undefined || rule.severity === content.severity) {
    return { severity: content.severity, score: content.score };
  }
  const score = scoreOfSeverity(rule.severity);
  return { severity: severityOfScore(score), score };
}

/** Of the mute rules that match, the one that lasts longest; whether it is still in force is a question of time and asked later. */
function muteOf(subject: Subject, settings: Settings): Mute | null {
  let longest: Mute | null = null;
  for (const rule of settings.mutes) {
    if (longest !== null && rule.expires <= longest.until) continue;
    if (!matches(rule.match, subject)) continue;
    longest = { rule: rule.id, owner: rule.owner, reason: rule.reason, until: rule.expires };
  }
  return longest;
}
