import type { Kind } from './model.ts';
import { AWS_KINDS } from './kinds-aws.ts';
import { AWS_IDENTITY_KINDS } from './kinds-aws-identity.ts';
import { AWS_PLATFORM_KINDS } from './kinds-aws-platform.ts';
import { AZURE_KINDS } from './kinds-azure.ts';
import { GCP_KINDS } from './kinds-gcp.ts';

export const KINDS: readonly Kind[] = [
  ...AWS_KINDS,
  ...AWS_IDENTITY_KINDS,
  ...AWS_PLATFORM_KINDS,
  ...AZURE_KINDS,
  ...GCP_KINDS,
];
