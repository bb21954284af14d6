import pLimit from 'p-limit';
import { z } from 'zod';
import { messageOf, ScanError } from '../../errors.ts';
import { type GcpApi, gcpApi } from '../cloud/gcp.ts';
import { CloudRefusal } from '../cloud/http.ts';
import type { GcpAccess } from '../credentials/gcp.ts';
import type { CredentialContext } from '../credentials/index.ts';
import type { Account } from '../job.ts';
import { foundAccount, isSelected } from './selection.ts';

interface FolderSelection {
  /** `folders/123` or `organizations/456`, with all that is below them. */
  readonly folders?: readonly string[] | undefined;
  readonly labels?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly accounts?: readonly string[] | undefined;
}

export interface ProjectSource {
  readonly include?: FolderSelection | undefined;
  readonly exclude?: FolderSelection | undefined;
  readonly teamLabel: string;
  readonly environmentLabel: string;
}

/** @see https://cloud.google.com/resource-manager/reference/rest/v3/projects */
const project = z.object({
  projectId: z.string(),
  displayName: z.string().optional(),
  state: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
});
const projects = z.object({ projects: z.array(project).optional() });
/** @see https://cloud.google.com/resource-manager/reference/rest/v3/folders */
const folders = z.object({
  folders: z.array(z.object({ name: z.string(), state: z.string().optional() })).optional(),
});

type Project = z.infer<typeof project>;

/** Resource Manager takes some ten requests a second. */
const AT_ONCE = 4;

/**
 * The active projects of folders and organizations, or all that the credentials may see.
 * @throws ScanError that names the missing right
 */
export async function activeProjects(
  source: ProjectSource,
  access: GcpAccess | undefined,
  origin: string,
  context: CredentialContext,
): Promise<Account[]> {
  const api = await gcpApi(access, context);
  const [all, excluded] = await Promise.all([
    source.include?.folders === undefined ? everyProject(api) : below(api, source.include.folders),
    below(api, source.exclude?.folders ?? []),
  ]);
  const gone = new Set(excluded.map(({ projectId }) => projectId));
  const named = { teamTag: source.teamLabel, environmentTag: source.environmentLabel };
  const { include, exclude } = source;
  return [...new Map(all.map((one) => [one.projectId, one])).values()]
    .filter(({ state, projectId }) => state === 'ACTIVE' && !gone.has(projectId))
    .map(({ projectId, displayName = null, labels = {} }) =>
      foundAccount({ cloud: 'gcp', account: projectId, name: displayName, labels }, named, origin),
    )
    .filter((account) =>
      isSelected(account, { ...include, tags: include?.labels }, { ...exclude, tags: exclude?.labels }),
    );
}

async function everyProject(api: GcpApi): Promise<Project[]> {
  const pages = await asked('resourcemanager.projects.get', () =>
    api.list('projects:search', { query: 'state:ACTIVE' }, projects),
  );
  return pages.flatMap((page) => page.projects ?? []);
}

async function below(api: GcpApi, parents: readonly string[]): Promise<Project[]> {
  const limit = pLimit(AT_ONCE);
  const found: Project[] = [];
  const seen = new Set<string>();
  // Level by level: each level is asked for at once.
  for (let level = parents.map(nameOf); level.length > 0;) {
    const fresh = level.filter((parent) => !seen.has(parent));
    for (const parent of fresh) seen.add(parent);
    const inside = await Promise.all(fresh.map((parent) => limit(() => childrenOf(api, parent))));
    for (const children of inside) found.push(...children.projects);
    level = inside.flatMap((children) => children.folders);
  }
  return found;
}

/** A number alone is a folder. */
function nameOf(parent: string): string {
  return /^\d+$/.test(parent) ? `folders/${parent}` : parent;
}

async function childrenOf(api: GcpApi, parent: string): Promise<{ projects: Project[]; folders: string[] }> {
  const inside = await asked(`resourcemanager.projects.list on ${parent}`, () =>
    api.list('projects', { parent }, projects),
  );
  const deeper = await asked(`resourcemanager.folders.list on ${parent}`, () =>
    api.list('folders', { parent }, folders),
  );
  return {
    projects: inside.flatMap((page) => page.projects ?? []),
    folders: deeper
      .flatMap((page) => page.folders ?? [])
      .filter(({ state }) => state === undefined || state === 'ACTIVE')
      .map(({ name }) => name),
  };
}

async function asked<T>(right: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ScanError) throw error;
    const refused = error instanceof CloudRefusal && [401, 403, 404].includes(error.status);
    throw new ScanError(
      `Google does not answer ${right}: ${messageOf(error)}`,
      refused
        ? `Allow ${right} to these credentials (roles/browser has it), and enable cloudresourcemanager.googleapis.com in their project.`
        : 'Try again; the accounts that were found last are used meanwhile.',
      'credentials',
      error,
    );
  }
}
