import { setTimeout as sleep } from 'node:timers/promises';
import { GenerateCredentialReportCommand, GetCredentialReportCommand, IAMClient } from '@aws-sdk/client-iam';
import { ScanError } from '../../errors.ts';
import type { PullKind } from '../kinds/kind.ts';
import { awsSettings, firstRegion } from './aws.ts';
import { errorName } from './bucket.ts';
import type { PullEnd, PullRequest } from './request.ts';

/** Who may sign in to an account, and with what. Needs iam:GenerateCredentialReport and iam:GetCredentialReport. */
export const credentialReport: PullKind = {
  run: 'pull',
  id: 'credential-report',
  title: 'AWS credential report',
  per: 'account',
  clouds: ['aws'],
  modes: [],
  pull,
};

/** It takes seconds; of an account with thousands of users, a minute. */
const WAIT_MS = 2_000;

async function pull(request: PullRequest): Promise<PullEnd> {
  // IAM is the same in all regions of a partition.
  const client = new IAMClient(awsSettings(request)(firstRegion(request)));
  try {
    await generated(client, request.signal);
    const { Content, GeneratedTime } = await client.send(new GetCredentialReportCommand({}), {
      abortSignal: request.signal,
    });
    if (Content === undefined) throw new Error('the answer holds no report');
    await request.write(
      {
        name: 'credential-report.csv',
        source: 'aws-credential-report',
        complete: true,
        // At most four hours old: IAM makes no newer one before.
        ...(GeneratedTime === undefined ? {} : { observedAt: GeneratedTime.getTime() }),
      },
      [Content],
    );
    return { gaps: [] };
  } catch (error) {
    if (request.signal.aborted || error instanceof ScanError) throw error;
    throw new ScanError(
      `the credential report can't be had: ${errorName(error)}`,
      'The role needs iam:GenerateCredentialReport and iam:GetCredentialReport.',
      'scan',
      error,
    );
  } finally {
    client.destroy();
  }
}

async function generated(client: IAMClient, signal: AbortSignal): Promise<void> {
  for (;;) {
    const { State } = await client.send(new GenerateCredentialReportCommand({}), { abortSignal: signal });
    if (State === 'COMPLETE') return;
    await sleep(WAIT_MS, undefined, { signal });
  }
}
