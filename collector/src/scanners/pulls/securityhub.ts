import type * as Sdk from '@aws-sdk/client-securityhub';
import { messageOf } from '../../errors.ts';
import { cellOf } from '../../findings/cells.ts';
import { productOf } from '../../sources/asff/index.ts';
import type { PullKind } from '../kinds/kind.ts';
import {
  accountOf,
  askedPages,
  type AwsSettings,
  enter,
  groupsOf,
  isNotForThisAccount,
  refusalOf,
  regionsOf,
} from './aws.ts';
import { pace } from './pace.ts';
import { type AskRegion, gapsOf, listRegions, type Part, type Tell } from './regions.ts';
import type { PullEnd, PullRequest } from './request.ts';
import { aggregation, type Area } from './securityhub-areas.ts';
import { advanced, cursorOf, type HubCursor, isFullDue } from './securityhub-cursor.ts';

const PAGE = 100;
/** As many values as one filter takes. */
const ACCOUNTS_IN_FILTER = 20;
/** What the API allows: GetFindings three times a second, six at once (per account and region). */
const PER_SECOND = 3;
const BURST = 6;
/** What was updated so long before the last run is asked for again: findings appear some minutes after their time. */
const OVERLAP_MS = 15 * 60_000;

/** What its own controls find. */
const OWN = 'securityhub';

export const securityhub: PullKind = {
  run: 'pull',
  id: 'securityhub',
  title: 'Security Hub',
  per: 'account',
  clouds: ['aws'],
  modes: [],
  pull,
};

/** What was updated since the last run; now and then everything that is open, so that what vanished closes as well. */
async function pull(request: PullRequest): Promise<PullEnd> {
  const sdk = await import('@aws-sdk/client-securityhub');
  const settings = await enter(request);
  const regions = await regionsOf(request, settings);
  const areas =
    request.job.regions.length > 0 ? alone(regions) : await aggregation(sdk, settings, regions, request);
  const before = cursorOf(request.cursor);
  const hub = new Hub(sdk, settings, areas, before, request);
  const full = areas.filter(({ region }) => isFullDue(before.regions[region], request));
  const rest = areas.filter((area) => !full.includes(area));
  const lists = { source: 'asff', list: 'Findings' } as const;
  const all = await listRegions(request, { ...lists, mode: 'snapshot' }, names(full), (region, tell) =>
    hub.everything(region, tell),
  );
  const news = await listRegions(request, { ...lists, mode: 'delta' }, names(rest), (region) =>
    hub.updates(region),
  );
  const gaps = gapsOf(all, news);
  return { gaps, cursor: advanced(before, request.observedAt, all.done, news.done, hub.products) };
}

function names(areas: readonly Area[]): string[] {
  return areas.map(({ region }) => region);
}

function alone(regions: readonly string[]): Area[] {
  return regions.map((region) => ({ region, gives: [region] }));
}

function equals(Value: string): Sdk.StringFilter {
  return { Value, Comparison: 'EQUALS' };
}

class Hub {
  /** Products that had findings, by area. */
  readonly products = new Map<string, Set<string>>();
  readonly #turns = new Map<string, () => Promise<void>>();
  readonly #sdk: typeof Sdk;
  readonly #settings: (region: string) => AwsSettings;
  readonly #areas: readonly Area[];
  readonly #before: HubCursor;
  readonly #request: PullRequest;

  constructor(
    sdk: typeof Sdk,
    settings: (region: string) => AwsSettings,
    areas: readonly Area[],
    before: HubCursor,
    request: PullRequest,
  ) {
    this.#sdk = sdk;
    this.#settings = settings;
    this.#areas = areas;
    this.#before = before;
    this.#request = request;
  }

  async *updates(region: string): ReturnType<AskRegion> {
    const until = this.#before.regions[region]?.until ?? 0;
    const Start = new Date(until - OVERLAP_MS).toISOString();
    // Fixed, so that the list has an end: what is updated meanwhile is the next run's.
    const End = new Date(this.#request.observedAt).toISOString();
    const isOn = yield* this.#findings(region, { UpdatedAt: [{ Start, End }] });
    return isOn ? [] : null;
  }

  async *everything(region: string, { gap }: Tell): ReturnType<AskRegion> {
    const gives = this.#areas.find((area) => area.region === region)?.gives ?? [region];
    const members = new Map<string, readonly string[]>();
    for (const one of gives) members.set(one, await this.#accountsIn(one, gap));
    const groups = groupsOf([...new Set([...members.values()].flat())].sort(), ACCOUNTS_IN_FILTER);
    // Where it is not known whose findings there are, all are asked for, and nothing is covered.
    for (const group of groups.length === 0 ? [[]] : groups) {
      const own = groups.length < 2 ? {} : { AwsAccountId: group.map((account) => equals(account)) };
      // Controls that pass are RESOLVED: of all that there is, this is the part that is open.
      const isOn = yield* this.#findings(region, {
        ...{ RecordState: [equals('ACTIVE')], WorkflowStatus: [equals('NEW'), equals('NOTIFIED')] },
        ...own,
      });
      if (!isOn) return null;
      // A product without any finding left is still one whose findings this list would have had.
      const products = [...this.#productsOf(region)].sort();
      const whole = [...members].map(([one, accounts]) => ({
        accounts: group.filter((account) => accounts.includes(account)),
        cells: products.map((name) => cellOf(name, one)),
      }));
      yield { whole };
    }
    return [];
  }

  /** @returns whether Security Hub is switched on there */
  async *#findings(region: string, filters: Sdk.AwsSecurityFindingFilters): AsyncGenerator<Part, boolean> {
    const { job, signal } = this.#request;
    const client = new this.#sdk.SecurityHubClient(this.#settings(region));
    const turn = this.#turnIn(region);
    // Asked for by name, a region is to give its own findings, not those of others that it collects.
    const own = job.regions.length > 0 ? { Region: [equals(region)] } : {};
    const products = this.#productsOf(region);
    try {
      const pages = this.#sdk.paginateGetFindings(
        { client },
        {
          Filters: { ...filters, ...own },
          // Never changes: what is updated meanwhile keeps its place in the list.
          SortCriteria: [{ Field: 'CreatedAt', SortOrder: 'asc' }],
          MaxResults: PAGE,
        },
        { abortSignal: signal },
      );
      await turn();
      for await (const { Findings = [] } of askedPages('securityhub:GetFindings', region, pages)) {
        for (const { ProductArn = '', ProductName = '' } of Findings)
          products.add(productOf({ ProductArn, ProductName }));
        yield Findings;
        await turn();
      }
      return true;
    } catch (error) {
      if (refusalOf(error) === 'InvalidAccessException') return false;
      throw error;
    } finally {
      client.destroy();
    }
  }

  /** One for all lists of the region: so AWS counts them. */
  #turnIn(region: string): () => Promise<void> {
    let turn = this.#turns.get(region);
    if (turn === undefined) this.#turns.set(region, (turn = pace(PER_SECOND, BURST, this.#request.signal)));
    return turn;
  }

  #productsOf(region: string): Set<string> {
    let known = this.products.get(region);
    if (known === undefined)
      this.products.set(region, (known = new Set([OWN, ...(this.#before.regions[region]?.products ?? [])])));
    return known;
  }

  /** Whose findings the region gives: this account, and the members that it administers. Nobody's where Security Hub is off. */
  async #accountsIn(region: string, gap: Tell['gap']): Promise<string[]> {
    const accounts = [accountOf(this.#request)];
    const client = new this.#sdk.SecurityHubClient(this.#settings(region));
    try {
      const { signal: abortSignal } = this.#request;
      const pages = this.#sdk.paginateListMembers({ client }, { OnlyAssociated: true }, { abortSignal });
      for await (const { Members } of askedPages('securityhub:ListMembers', region, pages))
        for (const { AccountId, MemberStatus } of Members ?? [])
          if (AccountId !== undefined && MemberStatus !== 'AccountSuspended') accounts.push(AccountId);
      return accounts;
    } catch (error) {
      if (this.#request.signal.aborted) throw error;
      if (refusalOf(error) === 'InvalidAccessException') return [];
      if (isNotForThisAccount(error)) return accounts;
      gap(messageOf(error));
      return [];
    } finally {
      client.destroy();
    }
  }
}
