import { isIP } from 'node:net';
import { globMatches } from '../../findings/settings.ts';
import type { EpochMs } from '../../findings/model.ts';
import { hostOf } from '../../sources/common/web.ts';

/** Something that can be reached from outside, as perimeter discovery found it and the configuration dresses it. */
export interface Asset {
  readonly cloud: string;
  readonly account: string;
  readonly accountName: string | null;
  readonly region: string;
  readonly service: string;
  /** An ARN, or whatever names it for good. */
  readonly id: string;
  readonly name: string | null;
  /** An address, a name, or `https://name`. */
  readonly endpoint: string;
  readonly team: string | null;
  readonly environment: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Since when it is known. */
  readonly since: EpochMs;
}

/** Which assets: all that is given must hold; `*` and `?` in patterns. */
export interface AssetFilter {
  readonly cloud?: readonly string[] | undefined;
  readonly account?: readonly string[] | undefined;
  readonly region?: readonly string[] | undefined;
  readonly service?: readonly string[] | undefined;
  readonly name?: readonly string[] | undefined;
  readonly environment?: readonly string[] | undefined;
  readonly team?: readonly string[] | undefined;
  readonly label?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** What is known of an asset before anybody knows since when. */
export type AssetFacts = Omit<Asset, 'since'>;

export function isChosen(asset: AssetFacts, filter: AssetFilter): boolean {
  const { cloud, account, region, service, name, environment, team, label } = filter;
  const one = (patterns: readonly string[] | undefined, ...values: readonly (string | null)[]): boolean =>
    patterns === undefined ||
    values.some((value) => value !== null && patterns.some((pattern) => globMatches(pattern, value)));
  return (
    one(cloud, asset.cloud) &&
    one(account, asset.account, asset.accountName) &&
    one(region, asset.region) &&
    one(service, asset.service) &&
    one(name, asset.name, asset.id) &&
    one(environment, asset.environment) &&
    one(team, asset.team) &&
    Object.entries(label ?? {}).every(([key, patterns]) => one(patterns, asset.labels[key] ?? null))
  );
}

/** Whether it is a web address, which scanners of sites want. */
export function isSite(endpoint: string): boolean {
  return /^https?:\/\//i.test(endpoint);
}

/** No number alone at its end: `10.0.0.1-254` is many addresses for Nmap. */
const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u;
const LAST_LABEL = /[\p{L}_][^.]*\.?$/u;

/**
 * Whether a scanner can be given it: one host, by address or name, or a web address there. Names come out of zones and inventories
 * of others, and some would be an option, a network or several targets.
 */
export function isTarget(endpoint: string): boolean {
  if (isSite(endpoint) && (URL.parse(endpoint) === null || /[\s\p{Cc}]/u.test(endpoint))) return false;
  const host = hostOf(endpoint);
  return isIP(host) !== 0 || (NAME.test(host) && LAST_LABEL.test(host));
}
