import type { ScopeReport } from '../../findings/model.ts';
import { accountOf } from '../../findings/settings.ts';
import type { Committer } from '../../lake/committer.ts';
import { type Access, isBound } from '../../warehouse/access.ts';
import { HttpProblem } from '../problem.ts';
import { sees } from './sight.ts';

/** Who sees only some accounts brings reports of those only. @throws HttpProblem 403 */
export async function admitReports(
  { configs }: Committer,
  reports: readonly ScopeReport[],
  access: Access,
): Promise<void> {
  if (!isBound(access)) return;
  const { settings } = await configs.current();
  for (const { cloud, account } of reports) {
    const { team = null } = accountOf(settings, cloud, account);
    if (sees(access, { cloud, account, team })) continue;
    throw new HttpProblem(
      403,
      'Forbidden',
      'The report is of an account that these credentials are not for.',
      {
        hint: 'Nothing of it was stored. Bring it with credentials of that account.',
      },
    );
  }
}
