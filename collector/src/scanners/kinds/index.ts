import type { ScannerId } from '../job.ts';
import { credentialReport } from '../pulls/credential-report.ts';
import { inbox } from '../pulls/inbox.ts';
import { sqs } from '../pulls/sqs.ts';
import { accessAnalyzer } from '../pulls/access-analyzer.ts';
import { ecr } from '../pulls/ecr.ts';
import { guardduty } from '../pulls/guardduty.ts';
import { inspector2 } from '../pulls/inspector2.ts';
import { macie } from '../pulls/macie.ts';
import { securityhub } from '../pulls/securityhub.ts';
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
  securityhub,
  inspector2,
  guardduty,
  macie,
  'access-analyzer': accessAnalyzer,
  ecr,
  command,
  inbox,
  sqs,
  'credential-report': credentialReport,
};

export function kindOf(id: ScannerId): ScannerKind {
  return KINDS[id];
}
