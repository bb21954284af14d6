import { ReportError } from '../../errors.ts';
import { falco } from '../../sources/falco/index.ts';
import { bufferInput } from '../../sources/input/index.ts';

/** An event of Falco's without the secrets that its adapter knows; what is no JSON stays as it is, since no server lets it in. */
export async function withoutSecretsIn(line: Buffer): Promise<Buffer> {
  const input = bufferInput('an event', line);
  try {
    const clean = (await falco.redact?.(input)) ?? input;
    const text = Buffer.alloc(clean.size);
    clean.readAt(text, 0);
    return text;
  } catch (error) {
    if (error instanceof ReportError) return line;
    throw error;
  }
}
