import { readFileSync } from 'node:fs';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, describe, expect, it } from 'vitest';
import { readLetter } from '../../collector/src/scanners/pulls/letters.ts';
import { type Server, startMoto } from '../support/servers.ts';

const AWS = new URL('../../deploy/aws/', import.meta.url);
const TEMPLATE = readFileSync(new URL('queue.yaml', AWS), 'utf8');
const TERRAFORM = readFileSync(new URL('terraform/queue/main.tf', AWS), 'utf8');
const TYPES = [
  'Security Hub Findings - Imported',
  'GuardDuty Finding',
  'Inspector2 Finding',
  'Macie Finding',
  'Access Analyzer Finding',
];

const moto = await startMoto();
const server = moto as Server;

/** A call as the SDK would sign it: the service stands in the signature, which is not checked here. */
async function call(service: string, body: string, headers: Record<string, string>): Promise<string> {
  const response = await fetch(server.endpoint, {
    method: 'POST',
    headers: {
      ...headers,
      authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
    },
    body,
  });
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return text;
}

describe('the queue of deploy/aws', () => {
  it.each(TYPES)('%s is asked for by both forms of it, and read', (type) => {
    expect(TEMPLATE).toContain(`- ${type}\n`);
    expect(TERRAFORM).toContain(`"${type}",\n`);
    const letter = readLetter(JSON.stringify({ 'detail-type': type, source: 'aws.x', detail: {} }));
    expect(letter.kind).toBe('event');
  });

  it('says the same in both about how long and how often', () => {
    for (const text of ['1209600', 'maxReceiveCount', 'aws:SecureTransport', 's3:GetObjectVersion']) {
      expect(TEMPLATE).toContain(text);
      expect(TERRAFORM).toContain(text);
    }
  });
});

describe.skipIf(typeof moto === 'string')(
  'the queue of deploy/aws, made by a simulated CloudFormation',
  () => {
    const sqs = new SQSClient({
      ...{ endpoint: server.endpoint, region: 'us-east-1' },
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    afterAll(async () => {
      sqs.destroy();
      await server.stop();
    });

    it('gets findings of the security services and nothing else, and has dead letters', async () => {
      const form = new URLSearchParams({
        ...{ Action: 'CreateStack', Version: '2010-05-15', StackName: 'queue', TemplateBody: TEMPLATE },
        ...{ 'Parameters.member.1.ParameterKey': 'ReportBucketArns' },
        'Parameters.member.1.ParameterValue': 'arn:aws:s3:::one,arn:aws:s3:::two',
      });
      await call('cloudformation', form.toString(), { 'content-type': 'application/x-www-form-urlencoded' });
      const queue = `${server.endpoint}/123456789012/sightline`;
      const entries = [
        ...TYPES.map((type, index) => ({
          Source: ['aws.securityhub', 'aws.guardduty', 'aws.inspector2', 'aws.macie', 'aws.access-analyzer'][
            index
          ],
          DetailType: type,
        })),
        { Source: 'aws.ec2', DetailType: 'EC2 Instance State-change Notification' },
      ].map((entry) => ({ ...entry, Detail: '{"id":"1"}' }));
      await call('events', JSON.stringify({ Entries: entries }), {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AWSEvents.PutEvents',
      });
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: queue, MaxNumberOfMessages: 10 }),
      );
      const sources = Messages.map(({ Body = '' }) => readLetter(Body)).map((letter) =>
        letter.kind === 'event' ? letter.event.source : letter.kind,
      );
      expect(sources.sort()).toEqual(['access-analyzer', 'asff', 'guardduty', 'inspector2', 'macie']);
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ['All'] }),
      );
      expect(JSON.parse(Attributes?.RedrivePolicy ?? '{}')).toMatchObject({
        deadLetterTargetArn: 'arn:aws:sqs:us-east-1:123456789012:sightline-dead-letters',
        maxReceiveCount: 3,
      });
    });
  },
);
