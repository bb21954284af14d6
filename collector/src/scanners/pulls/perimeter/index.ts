import { ScanError } from '../../../errors.ts';
import type { EpochMs } from '../../../findings/model.ts';
import { isWanted } from '../../choice.ts';
import type { Job } from '../../job.ts';
import type { PullKind } from '../../kinds/kind.ts';
import type { Asset } from '../../perimeter/asset.ts';
import { scanOf } from '../../perimeter/scans.ts';
import type { PullRequest } from '../request.ts';
import { AWS_SERVICES, awsPerimeter } from './aws/index.ts';
import { AZURE_SERVICES, azurePerimeter } from './azure/index.ts';
import type { Discovered, Found } from './found.ts';
import { GCP_SERVICES, gcpPerimeter } from './gcp/index.ts';

interface CloudPerimeter {
  readonly services: readonly string[];
  readonly discover: (
    request: PullRequest,
    account: string,
    services: readonly string[],
  ) => Promise<Discovered>;
}

const CLOUDS: Readonly<Record<string, CloudPerimeter>> = {
  aws: { services: AWS_SERVICES, discover: awsPerimeter },
  azure: { services: AZURE_SERVICES, discover: azurePerimeter },
  gcp: { services: GCP_SERVICES, discover: gcpPerimeter },
};

/** What of an account can be reached from outside, and which scan looks at it. */
export const perimeter: PullKind = {
  run: 'pull',
  id: 'perimeter',
  title: 'Perimeter discovery',
  per: 'account',
  clouds: Object.keys(CLOUDS),
  modes: [],
  pull: async (request) => {
    const { on, job } = request;
    const cloud = on.kind === 'account' ? CLOUDS[on.account.cloud] : undefined;
    if (on.kind !== 'account' || cloud === undefined)
      throw new ScanError(
        'there is no such cloud to look for assets in',
        `Give the job \`accounts\` of ${Object.keys(CLOUDS).join(', ')}.`,
      );
    const services = servicesOf(job, cloud.services, on.account.cloud);
    const { found, covered, gaps } = await cloud.discover(request, on.account.account, services);
    if (covered.length === 0)
      throw new ScanError(
        `nothing of the account could be asked: ${gaps.slice(0, 3).join('; ')}`,
        'Allow these credentials what docs/perimeter.md lists; `sightline doctor --account` tries it.',
        'credentials',
      );
    const { include, exclude } = job.discover ?? {};
    const chosen = found.filter(({ name, endpoint, tags }) =>
      isWanted({ names: [name, endpoint], tags }, include, exclude),
    );
    await request.write(
      { name: 'perimeter.json', source: 'perimeter' },
      report(request, chosen, covered, gaps),
    );
    return { gaps };
  },
};

/** @throws ScanError for names that the cloud has not: nothing would be asked, and nobody would know */
function servicesOf({ discover }: Job, known: readonly string[], cloud: string): readonly string[] {
  const wanted = discover?.services;
  if (wanted === undefined) return known;
  const chosen = known.filter((service) => wanted.includes(service));
  if (chosen.length > 0) return chosen;
  throw new ScanError(
    `none of the services ${wanted.join(', ')} is one of ${cloud}`,
    `It has ${known.join(', ')}.`,
  );
}

/** The report that the adapter `perimeter` reads. */
async function* report(
  { on, job, observedAt, outside }: PullRequest,
  found: readonly Found[],
  covered: readonly string[],
  gaps: readonly string[],
): AsyncGenerator<string> {
  if (on.kind !== 'account') return;
  const { cloud, account, name, team, environment } = on.account;
  const { perimeter: known, jobs } = await outside();
  const before = new Map(
    known.assets
      .filter((asset) => asset.cloud === cloud && asset.account === account)
      .map((asset) => [keyOf(asset), asset]),
  );
  const withinMs = job.discover?.scannedWithinMs ?? DEFAULT_WITHIN_MS;
  const head = {
    perimeter: 1,
    cloud,
    account,
    accountName: name,
    observedAt: new Date(observedAt),
    scans: true,
  };
  yield `${JSON.stringify({ ...head, covered, gaps }).slice(0, -1)},"assets":[`;
  let separator = '\n';
  for (const asset of [...found].sort(inOrder)) {
    const dressed = before.get(keyOf(asset)) ?? {
      ...undressed(asset, observedAt),
      cloud,
      account,
      accountName: name,
      team,
      environment,
    };
    const scan = scanOf(dressed, dressed.since, jobs, observedAt, withinMs);
    yield `${separator}${JSON.stringify({ ...asset, scan })}`;
    separator = ',\n';
  }
  yield '\n]}\n';
}

const DEFAULT_WITHIN_MS = 7 * 86_400_000;

function keyOf({ id, endpoint }: Pick<Found, 'id' | 'endpoint'>): string {
  return `${id} ${endpoint}`;
}

/** As it is before anybody knows it: the configuration has its say once it is a finding. */
function undressed(
  { region, service, id, name, endpoint, tags }: Found,
  since: EpochMs,
): Omit<Asset, 'cloud' | 'account' | 'accountName' | 'team' | 'environment'> {
  return { region, service, id, name, endpoint, labels: tags, since };
}

function inOrder(a: Found, b: Found): number {
  const [left, right] = [`${a.service} ${a.region} ${keyOf(a)}`, `${b.service} ${b.region} ${keyOf(b)}`];
  return left < right ? -1 : left > right ? 1 : 0;
}
