import { accessAnalyzer } from './access-analyzer/index.ts';
import { accessAnalyzerPolicy } from './access-analyzer-policy/index.ts';
import type { SourceAdapter } from './adapter.ts';
import { awsCredentialReport } from './aws-credential-report/index.ts';
import { asff } from './asff/index.ts';
import { cfnPolicyValidator } from './cfn-policy-validator/index.ts';
import { ecr } from './ecr/index.ts';
import { falco } from './falco/index.ts';
import { generic } from './generic/index.ts';
import { guardduty } from './guardduty/index.ts';
import { inspector2 } from './inspector2/index.ts';
import { macie } from './macie/index.ts';
import { nikto } from './nikto/index.ts';
import { nmap } from './nmap/index.ts';
import { ocsf } from './ocsf/index.ts';
import { perimeter } from './perimeter/index.ts';
import { prowler } from './prowler/index.ts';
import { sarif } from './sarif/index.ts';
import { scoutsuite } from './scoutsuite/index.ts';
import { trivy } from './trivy/index.ts';
import { zap } from './zap/index.ts';

/** Every source that can be read. A new one is its own folder and one line here. */
export const adapters: readonly SourceAdapter[] = [
  scoutsuite,
  prowler,
  asff,
  ocsf,
  inspector2,
  guardduty,
  macie,
  accessAnalyzer,
  accessAnalyzerPolicy,
  cfnPolicyValidator,
  ecr,
  trivy,
  sarif,
  falco,
  nmap,
  nikto,
  zap,
  awsCredentialReport,
  perimeter,
  generic,
];
