import { UsageError } from '../errors.ts';
import { DEFAULT_SETTINGS, type Settings, type SlaDays } from '../findings/settings.ts';
import { SEVERITIES } from '../findings/severity.ts';
import { describeIssues } from './issues.ts';
import { type SettingsFile, settingsSchema } from './schema.ts';

type DaysByWord = Readonly<Record<string, number | null | undefined>>;

export function settingsOf(file: SettingsFile): Settings {
  const { sla, accounts, ownership, mutes, severity, minimumRules, quietDays } = file;
  return {
    sla: {
      days: daysOf({ ...lower(DEFAULT_SETTINGS.sla.days), ...given(sla.days) }),
      teams: Object.fromEntries(Object.entries(sla.teams).map(([team, days]) => [team, daysOf(days)])),
    },
    // How an account is scanned is the business of who scans, not of what its findings are.
    accounts: accounts.map(({ enabled: _enabled, credentials: _credentials, ...account }) => account),
    // Discoveries say it, no file does.
    discovered: [],
    ownership,
    mutes,
    severity,
    minimumRules,
    quietDays,
  };
}

/**
 * Settings from a plain object of the shape that the file has: `{ accounts: [...], mutes: [...] }`.
 * @throws UsageError `config`
 */
export function settingsFrom(plain: unknown): Settings {
  const parsed = settingsSchema.safeParse(plain);
  if (parsed.success) return settingsOf(parsed.data);
  const problems = describeIssues(parsed.error.issues, plain, settingsSchema);
  throw new UsageError(
    problems.map(({ where, message }) => (where === '' ? message : `${where}: ${message}`)).join('\n'),
    'docs/configuration.md describes every setting.',
    'config',
    parsed.error,
  );
}

function daysOf(days: DaysByWord): SlaDays {
  const found: { -readonly [K in keyof SlaDays]: SlaDays[K] } = {};
  for (const severity of SEVERITIES) {
    const value = days[severity.toLowerCase()];
    if (value !== undefined && value !== null) found[severity] = value;
  }
  return found;
}

function lower(days: SlaDays): DaysByWord {
  return Object.fromEntries(Object.entries(days).map(([word, value]) => [word.toLowerCase(), value]));
}

/** Without the severities that the file does not name: they must not take a default's place. */
function given(days: DaysByWord): DaysByWord {
  return Object.fromEntries(Object.entries(days).filter(([, value]) => value !== undefined));
}
