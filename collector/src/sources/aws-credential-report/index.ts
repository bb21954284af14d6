import type { EpochMs, ScopeReport } from '../../findings/model.ts';
import type { ReadOptions, ReportInput, SourceAdapter } from '../adapter.ts';
import { accountOf, arnOf } from '../common/aws.ts';
import { wrongShape } from '../common/errors.ts';
import { Scopes } from '../common/scopes.ts';
import { NO_TAGS, newest, timeOf } from '../common/values.ts';
import { type CsvRow, headerOf, readRows } from '../csv/read.ts';
import { checkUser, DEFAULT_IDENTITY, IDENTITY_RULES, type User } from '../identity/check.ts';
import { headOf } from '../input/head.ts';
import { isAnswer, unwrapAnswer } from './unwrap.ts';

const NEEDED = ['user', 'arn', 'user_creation_time', 'password_enabled', 'mfa_active', 'access_key_1_active'];
const ROOT = '<root_account>';

export const awsCredentialReport: SourceAdapter = {
  id: 'aws-credential-report',
  title: 'AWS credential report',
  formats: ['JSON: `aws iam get-credential-report`', 'CSV: its Content, decoded'],
  identity: 'aws-credential-report/1',
  readsConfiguration: true,
  about: {
    mode: 'snapshot',
    scope: '`aws` and the account of the users',
    identity: 'rule and user; of an access key its number',
    closes: 'the report lists the account and the user is as it should be, or gone',
    severity:
      'without a second factor or of a foreign domain HIGH, inactive or with an old key MEDIUM; of the root user CRITICAL',
  },
  detect: (head) => {
    if (isAnswer(head)) return true;
    const columns = headerOf(head)?.columns;
    return columns !== undefined && NEEDED.every((column) => columns.includes(column));
  },
  read: readReport,
};

async function readReport(input: ReportInput, options: ReadOptions): Promise<readonly ScopeReport[]> {
  if (!isAnswer(headOf(input))) return readTable(input, options.at, options);
  const { table, generatedAt } = unwrapAnswer(input);
  return readTable(table, generatedAt ?? options.at, options);
}

/** The table says no time of its own: ages count up to when it was made or received, as the answer or the caller says. */
async function readTable(
  input: ReportInput,
  at: EpochMs | undefined,
  options: ReadOptions,
): Promise<readonly ScopeReport[]> {
  if (at === undefined) throw wrongShape(input.name, 'IAM', 'nobody says when it was made (--observed-at)');
  const policy = options.reading?.identity ?? DEFAULT_IDENTITY;
  const scopes = new Scopes({ source: 'aws-credential-report', mode: 'snapshot', rulesAreExhaustive: true });
  await readRows(input, options, ',', (row, line) => {
    const account = accountOf(arnOf(row.get('arn') ?? '')?.account ?? '');
    if (account === '') throw wrongShape(input.name, 'IAM', `the row in line ${line} names no account (arn)`);
    const scope = scopes.of('aws', account);
    scope.observedAt = at;
    scope.cover('identity', ...IDENTITY_RULES);
    checkUser(scope, userOf(row), policy, at);
  });
  if (scopes.all.length === 0) throw wrongShape(input.name, 'IAM', 'it lists nobody, not even the root user');
  return scopes.reports();
}

function userOf(row: CsvRow): User {
  const of = (column: string): string => row.get(column) ?? '';
  const name = of('user');
  const root = name === ROOT;
  const used = ['password_last_used', 'access_key_1_last_used_date', 'access_key_2_last_used_date'];
  return {
    id: of('arn') || name,
    name: root ? 'the root user' : name,
    mail: name.includes('@') ? name : '',
    enabled: true,
    // Of the root user it says not_supported where it has one, and false where Organizations made the account without.
    hasPassword: root ? of('password_enabled').toLowerCase() !== 'false' : of('password_enabled') === 'true',
    mfa: of('mfa_active') === 'true',
    created: timeOf(of('user_creation_time')),
    lastUsed: newest(used.map((column) => timeOf(of(column)))),
    knowsUse: true,
    keys: ['1', '2'].map((number) => ({
      name: `access key ${number}`,
      active: of(`access_key_${number}_active`) === 'true',
      created: timeOf(of(`access_key_${number}_last_rotated`)),
    })),
    root,
    tags: NO_TAGS,
  };
}
