import type { ReportAccount, ReportAccountService, ReportSeverities } from '../../schema.ts';
import { addSeverities, compareSeverities, formatCount, sumKnown } from './format.ts';

export interface Selection {
  readonly cloud?: string;
  readonly account?: string;
}
export type OnSelect = (selection: Selection) => void;

export const byName = new Intl.Collator('en', { numeric: true });

export interface Row {
  readonly key: string;
  readonly level: number;
  readonly name: string;
  readonly note: string | null;
  readonly open: number;
  readonly change: number | null;
  readonly severities: ReportSeverities;
  readonly new: number;
  readonly fixed: number;
  readonly overdue: number;
  readonly checked: number | null;
  readonly flagged: number | null;
  readonly resources: number | null;
}

export function accountsByCloud(
  accounts: readonly ReportAccount[],
): [cloud: string, accounts: ReportAccount[]][] {
  const clouds = new Map<string, ReportAccount[]>();
  for (const account of accounts) {
    const group = clouds.get(account.cloud);
    if (group === undefined) clouds.set(account.cloud, [account]);
    else group.push(account);
  }
  for (const group of clouds.values()) {
    group.sort(
      (a, b) => compareSeverities(a.severities, b.severities) || byName.compare(nameOf(a), nameOf(b)),
    );
  }
  return [...clouds].sort(([, a], [, b]) => compareSeverities(severitiesOf(a), severitiesOf(b)));
}

export function severitiesOf(accounts: readonly ReportAccount[]): ReportSeverities {
  return addSeverities(accounts.map((account) => account.severities));
}

function nameOf(account: ReportAccount): string {
  return account.name ?? account.account;
}

export function cloudRow(cloud: string, accounts: readonly ReportAccount[]): Row {
  const services = accounts.flatMap((account) => account.services);
  const before = sumOrNull(accounts.map((account) => account.previous_open));
  const open = total(accounts.map((account) => account.open));
  return {
    key: JSON.stringify([cloud]),
    level: 1,
    name: cloud,
    note: accounts.length === 1 ? '1 account' : `${formatCount(accounts.length)} accounts`,
    open,
    change: before === null ? null : open - before,
    severities: severitiesOf(accounts),
    new: total(accounts.map((account) => account.new)),
    fixed: total(accounts.map((account) => account.fixed)),
    overdue: total(accounts.map((account) => account.overdue)),
    ...checksOf(services),
  };
}

export function accountRow(account: ReportAccount): Row {
  const note = [
    account.name === null || account.name === account.account ? null : account.account,
    account.team,
    account.environment,
  ];
  return {
    key: JSON.stringify([account.cloud, account.account]),
    level: 2,
    name: nameOf(account),
    note: note.filter((part) => part !== null).join(' · ') || null,
    open: account.open,
    change: account.previous_open === null ? null : account.open - account.previous_open,
    severities: account.severities,
    new: account.new,
    fixed: account.fixed,
    overdue: account.overdue,
    ...checksOf(account.services),
  };
}

export function serviceRow(account: ReportAccount, service: ReportAccountService): Row {
  return {
    key: JSON.stringify([account.cloud, account.account, service.service]),
    level: 3,
    name: service.service,
    note: Object.keys(service.sources).join(', ') || null,
    open: service.open,
    change: null,
    severities: service.severities,
    new: service.new,
    fixed: service.fixed,
    overdue: service.overdue,
    checked: service.checked_items,
    flagged: service.flagged_items,
    resources: service.resources_count,
  };
}

function checksOf(services: readonly ReportAccountService[]): Pick<Row, 'checked' | 'flagged' | 'resources'> {
  return {
    checked: sumKnown(services.map((service) => service.checked_items)),
    flagged: sumKnown(services.map((service) => service.flagged_items)),
    resources: sumKnown(services.map((service) => service.resources_count)),
  };
}

function total(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

/** Null as soon as one part is unknown: a change against half of the past is none. */
function sumOrNull(values: readonly (number | null)[]): number | null {
  return values.includes(null) ? null : sumKnown(values);
}
