import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';

/** The bytes of an answer. In Node the SDK always gives a stream of Node. */
export function bodyOf(answer: GetObjectCommandOutput): Readable {
  return answer.Body instanceof Readable ? answer.Body : Readable.from([]);
}

/** The same bytes; an error on the way becomes what `explain` makes of it. */
export function explainedStream(body: Readable, explain: (error: unknown) => Error): Readable {
  // A connection may break before anyone reads: the error is kept and thrown by the first read, not to the process.
  body.on('error', () => undefined);
  const stream = Readable.from(explained(body, explain), { objectMode: false });
  stream.once('close', () => body.destroy());
  return stream;
}

async function* explained(body: Readable, explain: (error: unknown) => Error): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) if (chunk instanceof Uint8Array) yield chunk;
  } catch (error) {
    throw explain(error);
  }
}
