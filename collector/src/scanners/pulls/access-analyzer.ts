import type * as Sdk from '@aws-sdk/client-accessanalyzer';
import * as z from 'zod';
import { messageOf } from '../../errors.ts';
import { analyzerCell } from '../../sources/access-analyzer/index.ts';
import type { Covered } from '../../sources/common/listing.ts';
import type { PullKind } from '../kinds/kind.ts';
import { accountOf, askedPages, type AwsSettings, enter, homeRegion, regionsOf } from './aws.ts';
import { gapsOf, listRegions } from './regions.ts';
import type { PullEnd, PullRequest } from './request.ts';

const PAGE = 100;

/** An analyzer that was there last time: if it is not any more, neither is what it found. */
const known = z.object({ arn: z.string(), organization: z.boolean() });
type Known = z.infer<typeof known>;
const cursorShape = z.object({ analyzers: z.record(z.string(), z.array(known)) }).catch({ analyzers: {} });

export const accessAnalyzer: PullKind = {
  run: 'pull',
  id: 'access-analyzer',
  title: 'IAM Access Analyzer',
  per: 'account',
  clouds: ['aws'],
  modes: [],
  pull,
};

/** All active findings of every analyzer, each time: what is not among them any more is resolved or archived. */
async function pull(request: PullRequest): Promise<PullEnd> {
  const sdk = await import('@aws-sdk/client-accessanalyzer');
  const settings = await enter(request);
  const regions = await regionsOf(request, settings);
  const analyzers = { ...cursorShape.parse(request.cursor).analyzers };
  const own = [accountOf(request)];
  let organization: Promise<string[]> | undefined;
  const about = { source: 'access-analyzer', mode: 'snapshot', list: 'findings' } as const;
  const listed = await listRegions(request, about, regions, async function* (region, { gap, note }) {
    const client = new sdk.AccessAnalyzerClient(settings(region));
    try {
      const before = analyzers[region] ?? [];
      const found = await analyzersIn(sdk, client, region, request);
      if (before.length === 0 && found.every(({ status }) => status === 'DISABLED')) return null;
      const whole: Known[] = [];
      for (const analyzer of found) {
        const { arn, status } = analyzer;
        if (status === 'ACTIVE') {
          yield* findingsOf(sdk, client, region, analyzer, request);
          whole.push(knownOf(analyzer));
        } else if (status === 'DISABLED') note(`the analyzer ${arn} is disabled`);
        else gap(`the analyzer ${arn} is ${status ?? 'in no state'}`);
      }
      const gone = before.filter(({ arn }) => !found.some((analyzer) => analyzer.arn === arn));
      const covered: Covered[] = [];
      /** Their findings are to close as soon as it is known whose they are. */
      const kept: Known[] = [];
      for (const one of [...whole, ...gone]) {
        const everybody = one.organization ? await all(gap) : own;
        if (everybody === null && gone.includes(one)) kept.push(one);
        covered.push({ accounts: everybody ?? own, cells: [analyzerCell(one.arn, region)] });
      }
      analyzers[region] = [...found.map(knownOf), ...kept];
      return covered;
    } finally {
      client.destroy();
    }
  });
  return { gaps: gapsOf(listed), cursor: { analyzers } };

  /** Whose resources an analyzer of the organization looks at, asked once; null where nobody says. */
  async function all(gap: (what: string) => void): Promise<string[] | null> {
    organization ??= activeAccounts(settings, request);
    try {
      return [...new Set([...own, ...(await organization)])];
    } catch (error) {
      if (request.signal.aborted) throw error;
      gap(messageOf(error));
      return null;
    }
  }
}

function knownOf({ arn = '', type }: Sdk.AnalyzerSummary): Known {
  return { arn, organization: type?.startsWith('ORGANIZATION') === true };
}

async function analyzersIn(
  sdk: typeof Sdk,
  client: Sdk.AccessAnalyzerClient,
  region: string,
  { signal }: PullRequest,
): Promise<Sdk.AnalyzerSummary[]> {
  const found: Sdk.AnalyzerSummary[] = [];
  const pages = sdk.paginateListAnalyzers({ client }, {}, { abortSignal: signal });
  for await (const page of askedPages('access-analyzer:ListAnalyzers', region, pages))
    found.push(...(page.analyzers ?? []));
  return found;
}

/** Who may do what is said by version 1 of the list, which only analyzers of access from outside have. */
async function* findingsOf(
  sdk: typeof Sdk,
  client: Sdk.AccessAnalyzerClient,
  region: string,
  { arn, type }: Sdk.AnalyzerSummary,
  { signal }: PullRequest,
): AsyncGenerator<readonly object[], void> {
  const input = { analyzerArn: arn, filter: { status: { eq: ['ACTIVE'] } }, maxResults: PAGE };
  const options = { abortSignal: signal };
  const external = type === 'ACCOUNT' || type === 'ORGANIZATION';
  const pages: AsyncIterable<{ findings: readonly object[] | undefined }> = external
    ? sdk.paginateListFindings({ client }, input, options)
    : sdk.paginateListFindingsV2({ client }, input, options);
  // Both versions of the call go by one right.
  for await (const { findings = [] } of askedPages('access-analyzer:ListFindings', region, pages))
    yield findings.map((finding) => ({ ...finding, region, analyzerArn: arn }));
}

async function activeAccounts(
  settings: (region: string) => AwsSettings,
  request: PullRequest,
): Promise<string[]> {
  const { OrganizationsClient, paginateListAccounts } = await import('@aws-sdk/client-organizations');
  const home = homeRegion(request);
  const client = new OrganizationsClient(settings(home));
  const ids: string[] = [];
  try {
    const pages = paginateListAccounts({ client }, {}, { abortSignal: request.signal });
    for await (const { Accounts } of askedPages('organizations:ListAccounts', home, pages))
      for (const { Id, State, Status } of Accounts ?? [])
        if (Id !== undefined && (State ?? Status) === 'ACTIVE') ids.push(Id);
    return ids;
  } finally {
    client.destroy();
  }
}
