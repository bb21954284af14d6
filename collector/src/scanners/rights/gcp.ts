import { z } from 'zod';
import type { GcpApi } from '../cloud/gcp.ts';
import { CloudRefusal } from '../cloud/http.ts';
import type { NeededRight, RightAnswer, RightState } from './index.ts';

const held = z.object({ permissions: z.array(z.string()).optional() });
/** The most that is answered for at once. */
const AT_ONCE = 100;

/**
 * Which of these an identity has in a project.
 * @throws CloudRefusal, CloudSilence, ScanError
 * @see https://cloud.google.com/resource-manager/reference/rest/v3/projects/testIamPermissions
 */
export async function gcpRights(
  needed: readonly NeededRight[],
  project: string,
  api: GcpApi,
): Promise<readonly RightState[]> {
  const states = new Map<string, RightAnswer>();
  const ask = async (permissions: readonly string[]): Promise<void> => {
    try {
      const path = `projects/${encodeURIComponent(project)}:testIamPermissions`;
      const { permissions: found = [] } = await api.post(path, { permissions }, held);
      for (const one of permissions) states.set(one, found.includes(one) ? 'ok' : 'missing');
    } catch (error) {
      if (!(error instanceof CloudRefusal) || error.status !== 400) throw error;
      // One that this project's universe does not know spoils the answer for all.
      if (permissions.length <= 1) return;
      const half = Math.ceil(permissions.length / 2);
      await ask(permissions.slice(0, half));
      await ask(permissions.slice(half));
    }
  };
  const names = needed.map(({ right }) => right);
  for (let from = 0; from < names.length; from += AT_ONCE) await ask(names.slice(from, from + AT_ONCE));
  return needed.map((one) => ({ ...one, state: states.get(one.right) ?? 'unknown' }));
}
