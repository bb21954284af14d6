import { UsageError } from '../../errors.ts';
import type { Account } from '../job.ts';

/** An entry of `accounts` in the configuration. */
export interface AccountEntry {
  readonly cloud?: string | undefined;
  readonly account: string;
  readonly name?: string | undefined;
  readonly team?: string | undefined;
  readonly environment?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly enabled?: boolean | undefined;
  readonly credentials?: string | undefined;
}

export const ACCOUNTS_VARIABLE = 'SIGHTLINE_ACCOUNTS';

export function configuredAccount(entry: AccountEntry): Account {
  return {
    cloud: entry.cloud ?? cloudOf(entry.account),
    account: entry.account,
    name: entry.name ?? null,
    team: entry.team ?? null,
    environment: entry.environment ?? null,
    labels: entry.labels ?? {},
    enabled: entry.enabled ?? true,
    credentials: entry.credentials ?? null,
    origin: 'configuration',
  };
}

/** The cloud whose ids look like this one. */
function cloudOf(account: string): string {
  if (/^\d{12}$/.test(account)) return 'aws';
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(account) ? 'azure' : 'gcp';
}

/**
 * Accounts out of SIGHTLINE_ACCOUNTS: `123456789012=payments-prod, azure/8a7f…, gcp/my-project`.
 * @throws UsageError
 */
export function accountsOfEnvironment(text: string): Account[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [, cloud, account, name] = /^(?:([a-z]+)\/)?([^\s/=]+)(?:=(.+))?$/.exec(part) ?? [];
      if (account === undefined || account.startsWith('-')) {
        throw new UsageError(
          `${ACCOUNTS_VARIABLE} holds ${JSON.stringify(part.slice(0, 80))}, which is no account`,
          'Write it as 123456789012=payments-prod, azure/8a7f0c1e-…, gcp/my-project.',
          'config',
        );
      }
      return { ...configuredAccount({ cloud, account, name: name?.trim() }), origin: 'environment' };
    });
}
