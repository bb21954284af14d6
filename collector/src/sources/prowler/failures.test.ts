import { describe, expect, it } from 'vitest';
import { bufferInput } from '../input/index.ts';
import { fixture } from './fixtures.ts';
import { prowler } from './index.ts';
import type { ScopeReport } from '../../findings/model.ts';

/** As Prowler 5.46 writes its log: the message stands between quotes as it is, whatever is in it. */
function line(module: string, message: string, level = 'ERROR'): string {
  return `{"timestamp": "11/28/2026 11:52:02 PM", "filename": "${module}.py:157", "level": "${level}", "module": "${module}", "message": "${message}"}\n`;
}

const REFUSED =
  'ClientError[144]: An error occurred (AccessDenied) when calling the GetBucketAcl operation: on demand';

async function read(log: string): Promise<ScopeReport> {
  const report = bufferInput('probe.ocsf.json', fixture('probe.ocsf.json.gz'));
  const [scope] = await prowler.read(report, { companion: bufferInput('probe.log', Buffer.from(log)) });
  if (scope === undefined) throw new Error('no scope');
  return scope;
}

const servicesOf = ({ coverage }: ScopeReport): string[] =>
  [...new Set([...coverage.keys()].map((cell) => cell.split('@')[0] ?? ''))].sort();

describe('the log of a scan', () => {
  it('that says nothing went wrong takes nothing away', async () => {
    const scope = await read('');
    expect(servicesOf(scope)).toEqual(['ec2', 'iam', 's3']);
    expect(scope).toMatchObject({ gaps: [], notes: [], outcome: 'complete' });
  });

  it('takes a service out in which a call failed, and keeps what was found in it', async () => {
    const scope = await read(line('s3_service', REFUSED));
    expect(servicesOf(scope)).toEqual(['ec2', 'iam']);
    expect(scope.gaps).toEqual([`service s3 is not covered: the scan failed in it: ${REFUSED}`]);
    expect(scope.observations).toHaveLength(1384);
  });

  it('takes it out in the region of the call only, where the log names one', async () => {
    expect(servicesOf(await read(line('s3_service', `us-east-1 -- ${REFUSED}`)))).toEqual(['ec2', 'iam']);
    const elsewhere = await read(line('s3_service', `ap-east-1 -- ${REFUSED}`));
    expect(servicesOf(elsewhere)).toEqual(['ec2', 'iam', 's3']);
    expect(elsewhere.gaps).toEqual([
      `service s3 is not covered in ap-east-1: the scan failed in it: ${REFUSED}`,
    ]);
  });

  it('takes out a service whose checks look at what could not be read', async () => {
    const scope = await read(line('vpc_service', `us-east-1 -- ${REFUSED}`));
    expect(servicesOf(scope)).toEqual(['iam', 's3']);
    expect(scope.gaps?.[0]).toContain(
      'service ec2 is not covered in us-east-1: the scan failed in it: vpc: ',
    );
  });

  it('takes out the service of a check that broke', async () => {
    const scope = await read(line('check', "s3_bucket_acl_prohibited -- KeyError[31]: 'Grants'"));
    expect(servicesOf(scope)).toEqual(['ec2', 'iam']);
  });

  it('knows an answer from a failure, and what is no error', async () => {
    const none =
      'us-east-1 -- ClientError[144]: An error occurred (ServerSideEncryptionConfigurationNotFoundError) when calling the GetBucketEncryption operation: not found';
    const scope = await read(line('s3_service', none) + line('s3_service', REFUSED, 'WARNING'));
    expect(servicesOf(scope)).toEqual(['ec2', 'iam', 's3']);
  });

  it('is read though messages have quotes and line ends in them, and also as a terminal shows it', async () => {
    const odd = `us-east-1 -- ResponseParserError[910]: Unable to parse, "invalid" XML:\nb'<!doctype html>\\n'`;
    expect(servicesOf(await read(line('iam_service', odd)))).toEqual(['ec2', 's3']);
    const shown = `\n2026-11-28 23:52:02,928 [File: iam_service.py:934] \t[Module: iam_service]\t ERROR: us-east-1 -- X[1]: é\n`;
    expect(servicesOf(await read('x'.repeat(200_000) + shown))).toEqual(['ec2', 's3']);
  });

  it('notes what is no service’s, and is failed where nothing is left', async () => {
    const policy = line('privilege_escalation', 'Error checking privilege escalation for policy: X');
    expect(await read(policy)).toMatchObject({
      gaps: [],
      notes: [
        'error during the scan: privilege_escalation: Error checking privilege escalation for policy: X',
      ],
    });
    const all = ['s3', 'iam', 'ec2'].map((service) => line(`${service}_service`, REFUSED)).join('');
    expect(await read(all)).toMatchObject({ outcome: 'failed' });
  });
});
