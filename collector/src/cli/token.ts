import type { Command } from 'commander';
import { stringify } from 'yaml';
import { writeAudit } from '../api/access/audit-entry.ts';
import {
  readRecord,
  stateOf,
  tokenKey,
  type TokenRecord,
  TOKENS_PREFIX,
  writeRecord,
} from '../api/access/token-record.ts';
import { newToken, type NewToken } from '../api/access/token-text.ts';
import { UsageError } from '../errors.ts';
import type { EpochMs } from '../findings/model.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { Role } from '../warehouse/access.ts';
import { listOf, oneOf, repeated, untilOf } from './choices.ts';
import type { CliContext } from './context.ts';
import { paintFor, printable, timeText, writeJson, writeLine } from './output.ts';
import { tableLines } from './table.ts';

const ROLES: readonly Role[] = ['viewer', 'ingest', 'operator'];

interface CreateOptions {
  readonly role: readonly Role[];
  readonly account?: readonly string[];
  readonly team?: readonly string[];
  readonly name?: string;
  readonly expires?: EpochMs;
  readonly by?: string;
  readonly printConfig?: true;
}

const AFTER_HELP = `
Roles: viewer reads, ingest brings reports, operator does both and decides. The token is shown once: the store keeps its
SHA-256. Who can write to the store can make tokens; docs/access.md says what a server does with them.

Examples:
  sightline token create --role viewer --name grafana
  sightline token create --role ingest --name ci --expires 2027-01-01
  sightline token create --role viewer --name payments --team payments --account 123456789012
  sightline token create --role viewer --name grafana --print-config   for sightline.yaml, not for the store
  sightline token list
  sightline token revoke 3f2a9c1be07d1122`;

export function register(program: Command, context: CliContext): void {
  const token = program
    .command('token')
    .description('make, list and revoke tokens for the server')
    .addHelpText('after', AFTER_HELP);
  token
    .command('create')
    .description('make a token and show it, once')
    .requiredOption('--role <role>', 'viewer, ingest or operator; more than one with commas', rolesOf)
    .option('--account <id>', 'sees this account only; may be given again', repeated)
    .option('--team <name>', 'sees this team only; may be given again', repeated)
    .option('--name <name>', 'who uses it, for the log')
    .option('--expires <date>', 'last day (UTC), or the moment it ends', untilOf)
    .option('--by <name>', 'who makes it (default: you)')
    .option('--print-config', 'store nothing, print the entry for sightline.yaml')
    .action(async (options: CreateOptions, command: Command) => {
      await create(context, command, options);
    });
  token
    .command('list')
    .description('tokens in the store: who uses them, what they may, when they end')
    .option('--all', 'revoked and expired ones too')
    .action(async (options: { readonly all?: true }, command: Command) => {
      await list(context, command, options.all === true);
    });
  token
    .command('revoke')
    .description('end a token: servers refuse it within half a minute')
    .argument('<id>', 'as `token list` shows it')
    .option('--by <name>', 'who does it (default: you)')
    .action(async (id: string, options: { readonly by?: string }, command: Command) => {
      await revoke(context, command, id, options.by);
    });
}

function rolesOf(text: string, before: readonly Role[] = []): readonly Role[] {
  return [...new Set([...before, ...listOf(text).map((word) => oneOf(word.toLowerCase(), ROLES))])];
}

async function create(context: CliContext, command: Command, options: CreateOptions): Promise<void> {
  const made = newToken();
  const now = context.now();
  const record: TokenRecord = {
    id: made.id,
    name: nameOf(options.name ?? made.id),
    sha256: made.sha256,
    roles: options.role,
    accounts: options.account ?? null,
    teams: options.team ?? null,
    createdBy: whoIs(context, options.by),
    createdAt: now,
    expiresAt: options.expires ?? null,
    revokedBy: null,
    revokedAt: null,
  };
  if (record.expiresAt !== null && record.expiresAt <= now) {
    throw new UsageError('the token would have expired already', 'Give a later date with --expires.');
  }
  if (options.printConfig === true) {
    printConfig(context, command, record, made);
    return;
  }
  const { store, close } = await context.open(command);
  try {
    await writeRecord(store, record);
    await audit(context, store, record.createdBy, 'token.create', record);
  } finally {
    await close();
  }
  if (context.options(command).json) {
    writeJson(context.stdout, { ...document(record, now), token: made.token });
    return;
  }
  // The token alone on standard output: `TOKEN=$(sightline token create …)`.
  writeLine(context.stdout, made.token);
  writeLine(context.stderr, `Token ${record.id} (${printable(record.name)}) may ${mayOf(record)}.`);
  writeLine(
    context.stderr,
    'This is the only time it is shown. Send it as "Authorization: Bearer <token>". A server that runs without any token has to be started again.',
  );
}

/** Expiry belongs to tokens of the store: a file is changed by whoever deploys it. */
function printConfig(context: CliContext, command: Command, record: TokenRecord, made: NewToken): void {
  if (record.expiresAt !== null) {
    throw new UsageError(
      'a token of sightline.yaml has no end',
      'Leave --expires out, or keep the token in the store by leaving --print-config out.',
    );
  }
  const { name, sha256, roles, accounts, teams } = record;
  const entry = {
    name,
    sha256,
    roles: [...roles],
    ...(accounts === null ? {} : { accounts: [...accounts] }),
    ...(teams === null ? {} : { teams: [...teams] }),
  };
  if (context.options(command).json) {
    writeJson(context.stdout, { token: made.token, config: { access: { tokens: [entry] } } });
    return;
  }
  writeLine(context.stdout, stringify({ access: { tokens: [entry] } }).trimEnd());
  writeLine(context.stderr, `The token, which is shown only now: ${made.token}`);
}

async function list(context: CliContext, command: Command, all: boolean): Promise<void> {
  const { store, close } = await context.open(command);
  const now = context.now();
  let records: TokenRecord[];
  try {
    records = await readAll(context, store);
  } finally {
    await close();
  }
  const shown = records
    .filter((record) => all || stateOf(record, now) === 'valid')
    .sort((a, b) => a.createdAt - b.createdAt);
  if (context.options(command).json) {
    for (const record of shown) writeJson(context.stdout, document(record, now));
    return;
  }
  if (shown.length === 0) {
    writeLine(context.stdout, 'no tokens; `sightline token create --role viewer` makes one');
    return;
  }
  const paint = paintFor(context);
  const rows = shown.map((record) => {
    const state = stateOf(record, now);
    const ends = record.revokedAt ?? record.expiresAt;
    const end = `${state === 'valid' ? '' : `${state} `}${ends === null ? 'never' : timeText(ends)}`;
    return [
      record.id,
      printable(record.name),
      printable(mayOf(record)),
      `${timeText(record.createdAt)} by ${printable(record.createdBy)}`,
      state === 'valid' ? end : paint.dim(end),
    ];
  });
  for (const line of tableLines(['id', 'name', 'may', 'made', 'ends'], rows)) writeLine(context.stdout, line);
}

async function readAll(context: CliContext, store: ObjectStore): Promise<TokenRecord[]> {
  const records: TokenRecord[] = [];
  for await (const { key } of store.list(TOKENS_PREFIX)) {
    const record = await readRecord(store, key);
    if (record === null) context.log.warn({ key }, 'the record of a token is damaged: no server takes it');
    else if (record !== undefined) records.push(record);
  }
  return records;
}

async function revoke(
  context: CliContext,
  command: Command,
  given: string,
  by: string | undefined,
): Promise<void> {
  const id = given.trim().toLowerCase();
  if (!/^[0-9a-f]{16}$/.test(id)) {
    throw new UsageError(
      'that is no id of a token',
      'It has 16 hexadecimal digits: `sightline token list` shows them. Never give the token itself.',
    );
  }
  const who = whoIs(context, by);
  const { store, close } = await context.open(command);
  try {
    const record = await readRecord(store, tokenKey(id));
    if (record === undefined || record === null) {
      throw new UsageError(
        `there is no token ${id} in ${store.description}`,
        '`sightline token list --all` shows them; those of sightline.yaml are ended by taking them out of it.',
        'not_found',
      );
    }
    const revoked =
      record.revokedAt === null ? { ...record, revokedBy: who, revokedAt: context.now() } : record;
    if (revoked !== record) {
      await writeRecord(store, revoked);
      await audit(context, store, who, 'token.revoke', revoked);
    }
    if (context.options(command).json) writeJson(context.stdout, document(revoked, context.now()));
    else if (revoked === record) writeLine(context.stdout, `token ${id} was revoked before`);
    else
      writeLine(
        context.stdout,
        `token ${id} (${printable(record.name)}) is revoked; servers refuse it within half a minute`,
      );
  } finally {
    await close();
  }
}

async function audit(
  context: CliContext,
  store: ObjectStore,
  who: string,
  action: string,
  record: TokenRecord,
): Promise<void> {
  const { sha256: _sha256, ...after } = record;
  await writeAudit(
    // The command says itself what it did.
    { log: context.log.child({}, { level: 'warn' }), store, now: context.now },
    { subject: `local:${who}`, address: null },
    { action, target: record.id, after },
  );
}

function document(record: TokenRecord, now: EpochMs): Readonly<Record<string, unknown>> {
  const { sha256: _sha256, createdAt, expiresAt, revokedAt, ...rest } = record;
  const time = (at: EpochMs | null): string | null => (at === null ? null : new Date(at).toISOString());
  return {
    ...rest,
    state: stateOf(record, now),
    createdAt: time(createdAt),
    expiresAt: time(expiresAt),
    revokedAt: time(revokedAt),
  };
}

function mayOf({ roles, accounts, teams }: TokenRecord): string {
  const bounds = [
    ...(accounts === null ? [] : [`accounts ${accounts.join(', ')}`]),
    ...(teams === null ? [] : [`teams ${teams.join(', ')}`]),
  ];
  return `${roles.join(' + ')}${bounds.length === 0 ? '' : ` of ${bounds.join(' and ')}`}`;
}

function nameOf(text: string): string {
  const name = text.trim();
  if (name !== '' && name.length <= 60 && name === printable(name)) return name;
  throw new UsageError('--name is no name', 'Take up to 60 characters that can be seen: --name grafana.');
}

function whoIs(context: CliContext, by: string | undefined): string {
  return by ?? context.env['USER'] ?? context.env['USERNAME'] ?? 'unknown';
}
