import type { Flaw } from '../model.ts';
import { AWS_COMPUTE } from './aws-compute.ts';
import { AWS_IDENTITY } from './aws-identity.ts';
import { AWS_PLATFORM } from './aws-platform.ts';
import { AWS_STORAGE } from './aws-storage.ts';
import { AZURE_COMPUTE } from './azure-compute.ts';
import { AZURE_DATA } from './azure.ts';
import { GCP_COMPUTE } from './gcp-compute.ts';
import { GCP_DATA } from './gcp.ts';

export { CHECK_FRAMEWORKS } from './frameworks.ts';
export { RULE_SECTIONS } from './sections.ts';

export const FLAWS: readonly Flaw[] = [
  ...AWS_STORAGE,
  ...AWS_COMPUTE,
  ...AWS_PLATFORM,
  ...AWS_IDENTITY,
  ...AZURE_DATA,
  ...AZURE_COMPUTE,
  ...GCP_DATA,
  ...GCP_COMPUTE,
];
