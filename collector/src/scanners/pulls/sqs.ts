import type { S3Client } from '@aws-sdk/client-s3';
import { messageOf } from '../../errors.ts';
import type { PullKind } from '../kinds/kind.ts';
import { harmless, valuesOf } from '../template.ts';
import { bucketClient, errorName, fetchingEnds, fetchObject, fetchProblemOf, tooSlow } from './bucket.ts';
import { type FindingEvent, type NamedObject, readLetter } from './letters.ts';
import { type Message, Queue } from './queue.ts';
import type { PullEnd, PullRequest, Refusal, Settled } from './request.ts';
import { several } from './several.ts';

/** A queue that is told of reports in buckets, and of findings: of S3, of SNS, of EventBridge. */
export const sqs: PullKind = {
  run: 'pull',
  id: 'sqs',
  title: 'Queue (SQS)',
  per: 'target',
  clouds: [],
  modes: [],
  pull: async (request) => new Post(request).work(),
};

/** Of the job's timeout: what is not received by then is for the next run. */
const RECEIVING_SHARE = 0.5;
/** Of events, which are kept until they are in order. */
const MOST_EVENT_BYTES = 64 * 1024 ** 2;

interface Line {
  readonly event: FindingEvent;
  /** Of this finding; the older ones say nothing more. */
  readonly messages: Message[];
}

/** The messages of one run, and what becomes of each. */
class Post {
  readonly #request: PullRequest;
  readonly #queue: Queue;
  readonly #ends: AbortSignal;
  readonly #clients = new Map<string, S3Client>();
  /** What was received and is to be deleted, unless something of it could not be read. */
  readonly #received = new Map<string, Message>();
  /** By the name of the report. */
  readonly #objects = new Map<string, Message[]>();
  /** By source, then by finding. */
  readonly #events = new Map<string, Map<string, Line>>();
  /** By id. */
  readonly #unread = new Set<string>();
  readonly #problems: string[] = [];
  #bytes = 0;
  #eventBytes = 0;

  constructor(request: PullRequest) {
    this.#request = request;
    this.#ends = fetchingEnds(request);
    this.#queue = new Queue(request, valuesOf(request.on).map(harmless)[0] ?? '');
    const close = (): void => {
      for (const client of this.#clients.values()) client.destroy();
    };
    request.over.addEventListener('abort', close, { once: true });
  }

  async work(): Promise<PullEnd> {
    const { job, signal } = this.#request;
    const { items, bytes } = job.limit ?? {
      items: Number.POSITIVE_INFINITY,
      bytes: Number.POSITIVE_INFINITY,
    };
    const until = Date.now() + job.timeoutMs * RECEIVING_SHARE;
    while (
      this.#received.size < items &&
      this.#bytes < bytes &&
      this.#eventBytes < MOST_EVENT_BYTES &&
      Date.now() < until
    ) {
      const messages = await this.#receive(items - this.#received.size);
      if (messages.length === 0) break;
      for (const message of messages) this.#queue.hold(message);
      // What does not fit is left to others, and to the next run.
      const fitting = await this.#openAll(messages, bytes);
      await this.#queue.giveBack(messages.slice(fitting));
      signal.throwIfAborted();
    }
    const lines = await this.#writeEvents();
    return { gaps: [], settleEach: (refused) => this.#settle(refused, lines) };
  }

  /** @throws ScanError where there was no answer at all */
  async #receive(most: number): Promise<readonly Message[]> {
    try {
      return await this.#queue.receive(most);
    } catch (error) {
      if (this.#received.size === 0 || this.#request.signal.aborted) throw error;
      this.#problems.push(messageOf(error));
      return [];
    }
  }

  /** @returns how many were opened before it was enough */
  async #openAll(messages: readonly Message[], bytes: number): Promise<number> {
    for (const [index, message] of messages.entries()) {
      if (this.#bytes >= bytes || this.#ends.aborted) return index;
      await this.#open(message);
    }
    return messages.length;
  }

  async #open(message: Message): Promise<void> {
    // A second time in one run: somebody else's visibility, or SQS itself. The newer receipt is the one that deletes it.
    const again = this.#received.has(message.id);
    this.#received.set(message.id, message);
    if (again) return;
    this.#bytes += message.body.length;
    const letter = readLetter(message.body);
    switch (letter.kind) {
      case 'nothing':
        return;
      case 'unreadable':
        this.#refuse(message, `the message ${message.id} can't be read: ${letter.why}`);
        return;
      case 'objects':
        for (const object of letter.objects) await this.#fetch(message, object);
        return;
      case 'event':
        this.#collect(message, letter.event);
    }
  }

  #refuse(message: Message, problem: string): void {
    this.#unread.add(message.id);
    this.#problems.push(problem);
  }

  async #fetch(message: Message, object: NamedObject): Promise<void> {
    const { bucket, key, version } = object;
    const address = `s3://${bucket}/${key}`;
    const name = version === undefined ? address : `version ${version} of ${address}`;
    const known = this.#objects.get(name);
    if (known !== undefined) {
      known.push(message);
      return;
    }
    try {
      const client = this.#clientFor(object);
      const { body, modifiedAt } = await fetchObject(
        client,
        object,
        AbortSignal.any([this.#request.signal, this.#ends]),
      );
      await this.#request.write(
        { name, brought: true, ...(modifiedAt === null ? {} : { observedAt: modifiedAt }) },
        body,
      );
      this.#objects.set(name, [message]);
      this.#bytes += object.size;
    } catch (error) {
      if (this.#request.signal.aborted) throw error;
      if (this.#ends.aborted) {
        this.#refuse(message, tooSlow(name, this.#request));
        return;
      }
      // Nobody will ever read it: the message is done with.
      if (fetchProblemOf(error) === 'gone') this.#problems.push(`${name} is not there any more`);
      else this.#refuse(message, `${name} can't be fetched (s3:GetObject): ${errorName(error)}`);
    }
  }

  #clientFor({ bucket, region }: NamedObject): S3Client {
    const id = `${bucket} ${region ?? ''}`;
    const known = this.#clients.get(id);
    if (known !== undefined) return known;
    const parameters = region === undefined ? '' : `?region=${encodeURIComponent(region)}`;
    const client = bucketClient(this.#request, bucket, parameters);
    this.#clients.set(id, client);
    return client;
  }

  #collect(message: Message, event: FindingEvent): void {
    const { source, finding } = event;
    const lines = this.#events.get(source) ?? new Map<string, Line>();
    this.#events.set(source, lines);
    const known = lines.get(finding);
    const messages = [...(known?.messages ?? []), message];
    const newest = known === undefined || known.event.time <= event.time ? event : known.event;
    lines.set(finding, { event: newest, messages });
    this.#eventBytes += event.line.length;
  }

  /** One report of each source. @returns the messages of each line, by the name of the report */
  async #writeEvents(): Promise<ReadonlyMap<string, readonly (readonly Message[])[]>> {
    const written = new Map<string, readonly (readonly Message[])[]>();
    for (const [source, lines] of this.#events) {
      const inOrder = [...lines.values()].sort((a, b) => (a.event.time < b.event.time ? -1 : 1));
      const name = `${source}.ndjson`;
      await this.#request.write(
        { name, source, brought: true, lines: true },
        inOrder.map(({ event }) => `${event.line}\n`),
      );
      written.set(
        name,
        inOrder.map(({ messages }) => messages),
      );
    }
    return written;
  }

  async #settle(
    refused: ReadonlyMap<string, Refusal>,
    lines: ReadonlyMap<string, readonly (readonly Message[])[]>,
  ): Promise<Settled> {
    for (const [name, { problem, lines: bad }] of refused) {
      this.#problems.push(problem);
      const senders = this.#objects.get(name) ?? bad.flatMap((index) => lines.get(name)?.[index] ?? []);
      for (const { id } of senders) this.#unread.add(id);
    }
    const received = [...this.#received.values()];
    const undeleted = await this.#queue.remove(received.filter(({ id }) => !this.#unread.has(id)));
    // Not kept from anybody any longer: after some times they go to the dead letters, if the queue has any.
    await this.#queue.giveBack(received.filter(({ id }) => this.#unread.has(id)));
    const unread = this.#problems.length === 0 ? [] : [several(this.#problems)];
    return { gaps: [...unread, ...undeleted] };
  }
}
