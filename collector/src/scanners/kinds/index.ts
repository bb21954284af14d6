import type { ScannerId } from '../job.ts';
import { credentialReport } from '../pulls/credential-report.ts';
import { inbox } from '../pulls/inbox.ts';
import { sqs } from '../pulls/sqs.ts';
import { command } from './command.ts';
import type { ScannerKind } from './kind.ts';
import { nikto } from './nikto.ts';
import { nmap } from './nmap.ts';
import { perimeter } from '../pulls/perimeter/index.ts';
import { prowler } from './prowler.ts';
import { scoutsuite } from './scoutsuite.ts';
import { trivy } from './trivy.ts';
import { zap } from './zap.ts';

export type { ProgramKind, PullKind, ScannerKind } from './kind.ts';

const KINDS: Readonly<Record<ScannerId, ScannerKind>> = {
  prowler,
  scoutsuite,
  nmap,
  nikto,
  zap,
  trivy,
  perimeter,
  command,
  inbox,
  sqs,
  'credential-report': credentialReport,
};

export function kindOf(id: ScannerId): ScannerKind {
  return KINDS[id];
}
