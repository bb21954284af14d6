import { readFile } from 'node:fs/promises';
import { messageOf, ScanError } from '../errors.ts';
import { proxyAgents } from '../proxy.ts';

/** Where a secret is read from: it never stands in the configuration itself. */
export type SecretRef =
  | { readonly env: string }
  | { readonly file: string }
  | {
      readonly secretsManager: string;
      /** Of a secret that is a JSON object. */
      readonly key?: string | undefined;
      readonly region?: string | undefined;
    }
  | { readonly ssm: string; readonly region?: string | undefined };

export type Env = Readonly<Record<string, string | undefined>>;

/** A minute: a rotated secret is taken soon, and 500 runs do not ask 500 times. */
const KEEP_MS = 60_000;

/** Reads secrets where the configuration says they are. Their values are known to `values`, which nothing may show. */
export class Secrets {
  readonly #env: Env;
  readonly #now: () => number;
  readonly #kept = new Map<string, { readonly at: number; readonly value: Promise<string> }>();
  readonly #values = new Set<string>();

  constructor(env: Env, now: () => number) {
    this.#env = env;
    this.#now = now;
  }

  /** Every secret that was read so far. */
  get values(): ReadonlySet<string> {
    return this.#values;
  }

  /** @throws ScanError `credentials` */
  async read(ref: SecretRef): Promise<string> {
    const id = JSON.stringify(ref);
    const kept = this.#kept.get(id);
    if (kept !== undefined && this.#now() - kept.at < KEEP_MS) return kept.value;
    const value = this.#fetch(ref);
    this.#kept.set(id, { at: this.#now(), value });
    try {
      const read = await value;
      this.#values.add(read);
      return read;
    } catch (error) {
      this.#kept.delete(id);
      throw error;
    }
  }

  async text(value: string | SecretRef): Promise<string> {
    return typeof value === 'string' ? value : this.read(value);
  }

  async #fetch(ref: SecretRef): Promise<string> {
    if ('env' in ref) {
      const value = this.#env[ref.env];
      if (value !== undefined && value !== '') return value;
      throw unreadable(`the variable ${ref.env} is not set`, 'Set it in the environment of the collector.');
    }
    if ('file' in ref) return fromFile(ref.file);
    if ('ssm' in ref) return fromSsm(ref.ssm, ref.region, this.#env);
    return fromSecretsManager(ref.secretsManager, ref.key, ref.region, this.#env);
  }
}

async function fromFile(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    throw unreadable(`the file ${path} can't be read: ${codeOf(error)}`, 'Check its path and rights.', error);
  }
}

/** @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html */
async function fromSecretsManager(
  id: string,
  key: string | undefined,
  region: string | undefined,
  env: Env,
): Promise<string> {
  // Only here: most collectors never ask it.
  const { SecretsManagerClient, GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
  const client = new SecretsManagerClient({ ...regionOf(region, env), requestHandler: proxyAgents() });
  try {
    const { SecretString: text } = await client.send(new GetSecretValueCommand({ SecretId: id }));
    if (text === undefined) throw new Error('it holds bytes and no text');
    return key === undefined ? text : fieldOf(text, key);
  } catch (error) {
    throw unreadable(
      `the secret ${id} of AWS Secrets Manager can't be read: ${codeOf(error)}`,
      'The collector needs secretsmanager:GetSecretValue on it (and kms:Decrypt where it has a key of its own).',
      error,
    );
  } finally {
    client.destroy();
  }
}

/** @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html */
async function fromSsm(name: string, region: string | undefined, env: Env): Promise<string> {
  const { SSMClient, GetParameterCommand } = await import('@aws-sdk/client-ssm');
  const client = new SSMClient({ ...regionOf(region, env), requestHandler: proxyAgents() });
  try {
    const { Parameter: found } = await client.send(
      new GetParameterCommand({ Name: name, WithDecryption: true }),
    );
    if (found?.Value === undefined) throw new Error('it has no value');
    return found.Value;
  } catch (error) {
    throw unreadable(
      `the parameter ${name} of AWS SSM can't be read: ${codeOf(error)}`,
      'The collector needs ssm:GetParameter on it (and kms:Decrypt where it has a key of its own).',
      error,
    );
  } finally {
    client.destroy();
  }
}

export function regionOf(region: string | undefined, env: Env): { region: string } {
  return { region: region ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? 'us-east-1' };
}

function fieldOf(text: string, key: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not the parser's own words: they quote the text.
    throw new Error(`it is no JSON object with a field ${key}`);
  }
  if (typeof value === 'object' && value !== null) {
    const field: unknown = Object.entries(value).find(([name]) => name === key)?.[1];
    if (typeof field === 'string') return field;
  }
  throw new Error(`it is no JSON object with a text in ${key}`);
}

/** The code of an AWS or system error says it in one word; its message may hold what was asked for. */
function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error && error.name !== 'Error' ? error.name : messageOf(error);
}

function unreadable(message: string, hint: string, cause?: unknown): ScanError {
  return new ScanError(message, hint, 'credentials', cause);
}
