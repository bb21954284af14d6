import type { Match, Settings } from '../findings/settings.ts';

/** Settings as they are written in sightline.yaml: what `config show` prints can be put into a file. */
export function settingsDocument(settings: Settings): Readonly<Record<string, unknown>> {
  const { sla, accounts, ownership, mutes, severity, minimumRules, quietDays } = settings;
  return {
    sla: {
      days: lower(sla.days),
      teams: Object.fromEntries(Object.entries(sla.teams).map(([team, days]) => [team, lower(days)])),
    },
    accounts,
    ownership: ownership.map((rule) => ({ ...rule, match: plainMatch(rule.match) })),
    mutes: mutes.map((rule) => ({
      ...rule,
      expires: new Date(rule.expires).toISOString(),
      match: plainMatch(rule.match),
    })),
    severity: severity.map((rule) => ({
      match: plainMatch(rule.match),
      severity: rule.severity.toLowerCase(),
    })),
    minimumRules,
    quietDays,
  };
}

function lower(days: Settings['sla']['days']): Record<string, number | null> {
  const words = Object.entries(days).map(([word, value]) => [word.toLowerCase(), value] as const);
  return Object.fromEntries(words);
}

/** One pattern needs no list. */
function plainMatch({ label, ...fields }: Match): Readonly<Record<string, unknown>> {
  return { ...plainLists(fields), ...(label === undefined ? {} : { label: plainLists(label) }) };
}

function plainLists(
  lists: Readonly<Record<string, readonly string[] | undefined>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(lists).map(([key, list]) => [key, list?.length === 1 ? list[0] : list]),
  );
}
