import { secretMark } from './mark.ts';

/** Secrets that show by their form, wherever they stand: the shapes that their makers document. */
const SHAPES: readonly RegExp[] = [
  /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----[\s\S]*?(?:-----END (?:[A-Z]+ )*PRIVATE KEY-----|$)/g,
  /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b/g,
  /\bgh[pousr]_[A-Za-z0-9]{36,255}\b/g,
  /\bgithub_pat_[A-Za-z0-9_]{22,255}/g,
  /\bglpat-[\w-]{20,}/g,
  /\bxox[abeoprs]-[\w-]{10,}/g,
  /\bAIza[\w-]{35}/g,
  /\bya29\.[\w-]{20,}/g,
  /\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,}/g,
  /\bnpm_[A-Za-z0-9]{36}\b/g,
  /\bSG\.[\w-]{16,}\.[\w-]{16,}/g,
  /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g,
];

/** Names of what is a secret. Longest alternatives first. */
const NAME = [
  'pass(?:word|wd|phrase)?',
  'pwd',
  '(?:secret|account|encryption|signing|master)[_-]?key(?:[_-]?base)?',
  'secret',
  'token',
  'api[_-]?key',
  'access[_-]?key(?:[_-]?id)?',
  'private[_-]?key',
  'credentials?',
].join('|');
/** Between a name and its value, also in JSON that stands in a string. */
const IS = String.raw`\\?["']?\s{0,3}(?:=>|=|:)\s{0,3}`;
const FLAG = String.raw`\s--?(?:password|passwd|pass|token|secret|api-?key)\s+`;

/** What goes before says that it is one: the value alone is replaced. */
const NAMED: readonly RegExp[] = [
  // password=…, "client_secret": "…", AWS_SECRET_ACCESS_KEY=…; in quotes with its blanks
  new RegExp(String.raw`((?:${NAME})${IS}\\?")([^"\\\r\n]{3,400})(?=\\?")`, 'gi'),
  new RegExp(String.raw`((?:${NAME})${IS}\\?')([^'\\\r\n]{3,400})(?=\\?')`, 'gi'),
  new RegExp(String.raw`((?:${NAME})${IS}\\?["']?)([^\s"'&;,<>]{3,})`, 'gi'),
  // Authorization: Bearer …
  /(\b(?:bearer|basic|token|negotiate)\s+)([\w.~+/=-]{8,})/gi,
  // Cookie: a=b; c=d
  /(\b(?:set-)?cookie:\s*)([^\r\n"']{3,})/gi,
  // https://user:password@host, redis://:password@host
  /(:\/\/[^\s/:@]{0,100}:)([^\s/]{1,200})(?=@)/g,
  // mysql -psecret, sshpass -p secret, --password secret, curl -u user:secret
  new RegExp(String.raw`(${FLAG}")([^"\r\n]{3,400})(?=")`, 'gi'),
  new RegExp(String.raw`(${FLAG}')([^'\r\n]{3,400})(?=')`, 'gi'),
  new RegExp(String.raw`(${FLAG})([^\s"'-][^\s"']*)`, 'gi'),
  /(\bsshpass\s+(?:-\w\s+)?-p\s*["']?)([^\s"']+)/g,
  /(\s(?:-u|--user)\s+[^\s:]{1,100}:)([^\s"']+)/g,
  /(\b(?:mysql|mysqldump|mysqladmin|mariadb)\b[^|;&]{0,200}?\s-p)([^\s"'-][^\s"']*)/g,
];

/**
 * Some part of everything that the expressions above find: a text without any of these holds no secret that they know. One look instead
 * of twenty, for sources that bring texts by the thousand in a second.
 */
const HINT =
  /pass|pwd|secret|token|key|credential|bearer|basic|negotiate|cookie|:\/\/|-u|mysql|mariadb|akia|asia|abia|acca|gh[pousr]_|github_pat_|glpat-|xox|aiza|ya29\.|k_live_|k_test_|npm_|sg\.|eyj/i;

/** Free text in which secrets are replaced by their marks; what is a mark already stays one. */
export function withoutSecrets(text: string): string {
  if (!HINT.test(text)) return text;
  let clean = text;
  for (const shape of SHAPES) clean = clean.replace(shape, (secret) => secretMark(secret));
  for (const named of NAMED) {
    clean = clean.replace(named, (whole: string, before: string, secret: string) =>
      secret.startsWith('[redacted') ? whole : `${before}${secretMark(secret)}`,
    );
  }
  return clean;
}
