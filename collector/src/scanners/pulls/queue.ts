import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { ScanError } from '../../errors.ts';
import { awsSettings, firstRegion } from './aws.ts';
import { errorName } from './bucket.ts';
import type { PullRequest } from './request.ts';

export interface Message {
  readonly id: string;
  readonly receipt: string;
  readonly body: string;
}

/** Nobody else gets a message for so long; of what is worked on, it begins anew every third of it. */
const VISIBILITY_S = 600;
/** Long enough for a queue to ask all of its machines: an empty answer is then an empty queue. */
const WAIT_S = 2;
/** As SQS has it for all of its calls on several messages. */
const BATCH = 10;

/** Of AWS's own addresses: also of endpoints in a network of one's own, of FIPS, and of the oldest. */
export function regionOfQueue(url: string): string | undefined {
  const { hostname } = new URL(url);
  const [, newer, older] =
    /^(?:[^.]+\.)?sqs(?:-fips)?\.([a-z0-9-]+)\.|^([a-z0-9-]+)\.queue\.amazonaws\./.exec(hostname) ?? [];
  return newer ?? older;
}

/** A queue of SQS: sqs:ReceiveMessage, sqs:ChangeMessageVisibility, sqs:DeleteMessage. */
export class Queue {
  readonly #url: string;
  readonly #client: SQSClient;
  readonly #request: PullRequest;
  readonly #held = new Set<Message>();

  constructor(request: PullRequest, url: string) {
    this.#url = url;
    this.#request = request;
    this.#client = new SQSClient(awsSettings(request)(regionOfQueue(url) ?? firstRegion(request)));
    const beat = setInterval(
      () => void this.#change([...this.#held], VISIBILITY_S),
      (VISIBILITY_S / 3) * 1_000,
    );
    const close = (): void => {
      clearInterval(beat);
      this.#client.destroy();
    };
    request.over.addEventListener('abort', close, { once: true });
  }

  /** Ten at most; none: the queue is empty. @throws ScanError */
  async receive(most: number): Promise<readonly Message[]> {
    try {
      const { Messages = [] } = await this.#client.send(
        new ReceiveMessageCommand({
          QueueUrl: this.#url,
          MaxNumberOfMessages: Math.min(most, BATCH),
          WaitTimeSeconds: WAIT_S,
          VisibilityTimeout: VISIBILITY_S,
        }),
        { abortSignal: this.#request.signal },
      );
      return Messages.map(({ MessageId: id = '', ReceiptHandle: receipt = '', Body: body = '' }) => ({
        id,
        receipt,
        body,
      }));
    } catch (error) {
      throw new ScanError(
        `no messages can be had from ${this.#url}: ${errorName(error)}`,
        'The collector needs sqs:ReceiveMessage, sqs:ChangeMessageVisibility and sqs:DeleteMessage on the queue (and kms:Decrypt where it has a key of its own).',
        'scan',
        error,
      );
    }
  }

  /** Keeps others from getting it until it is removed or given back. */
  hold(message: Message): void {
    this.#held.add(message);
  }

  /** Anybody may have them at once. */
  async giveBack(messages: readonly Message[]): Promise<void> {
    for (const message of messages) this.#held.delete(message);
    await this.#change(messages, 0);
  }

  /** @returns why some could not be deleted; they come back, and change nothing then */
  async remove(messages: readonly Message[]): Promise<readonly string[]> {
    const problems = new Set<string>();
    for (const batch of batchesOf(messages)) {
      const Entries = batch.map(({ receipt }, index) => ({ Id: String(index), ReceiptHandle: receipt }));
      try {
        const { Failed = [] } = await this.#client.send(
          new DeleteMessageBatchCommand({ QueueUrl: this.#url, Entries }),
        );
        for (const { Code = 'unknown' } of Failed) problems.add(Code);
      } catch (error) {
        problems.add(errorName(error));
      }
      for (const message of batch) this.#held.delete(message);
    }
    return [...problems].map((problem) => `messages can't be deleted (sqs:DeleteMessage): ${problem}`);
  }

  async #change(messages: readonly Message[], seconds: number): Promise<void> {
    for (const batch of batchesOf(messages)) {
      const Entries = batch.map(({ receipt }, index) => ({
        ...{ Id: String(index), ReceiptHandle: receipt, VisibilityTimeout: seconds },
      }));
      try {
        await this.#client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.#url, Entries }));
      } catch (error) {
        // Whoever gets them too early reads the same, which changes nothing.
        this.#request.log.warn({ err: error }, 'the visibility of messages could not be changed');
      }
    }
  }
}

function batchesOf<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / BATCH) }, (_, index) =>
    all.slice(index * BATCH, (index + 1) * BATCH),
  );
}
