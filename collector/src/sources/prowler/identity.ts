/** What Prowler 2 writes for a resource in ASFF when it knows none: every such row has the same. */
const NO_RESOURCE = /^AWS::::Account:\d*$/i;
/** Prowler's published examples have `<resource_uid>` for every resource. */
const PLACEHOLDER = /^<[^<>]*>$/;

/** Redacted: nothing tells such resources apart, and to take them for one would hide findings. */
export function isRedacted(resourceId: string): boolean {
  return PLACEHOLDER.test(resourceId);
}

/** The resource's id, or '' where the text names none. */
export function resourceIdOf(text: string): string {
  const id = text.trim();
  return NO_RESOURCE.test(id) ? '' : id;
}

export interface LocatorParts {
  readonly cloud: string;
  readonly account: string;
  readonly accountName: string;
  readonly checkId: string;
  readonly resourceUid: string;
  readonly resourceName: string;
  readonly detail: string;
}

/**
 * Tells apart findings of one check on one resource, '' for nearly all of them.
 *
 * Prowler reports some checks once per part of a resource and gives each the uid of the whole: the access keys and the
 * policies of a user, the records of a zone. The part stands in the resource's name (`bob/star` on `…:user/bob`) and, for
 * IAM, in the sentence, which is all that ASFF has. Only the part's designation is taken, never the sentence, so that
 * CSV, OCSF and ASFF agree and a changed number of days makes no new finding.
 *
 * The name as a whole is not used: ASFF does not have it, and people rename things. Only where the uid says nothing
 * (it is the account itself, or a placeholder) and there is no ASFF (outside AWS) does the name stand for the resource.
 *
 * Prowler 2 names no resource in CSV and old ASFF; there the sentence without its numbers of days is all there is.
 */
export function locatorOf(row: LocatorParts): string {
  const uid = row.resourceUid;
  if (uid === '') return row.resourceName === '' && isVersion2(row.checkId) ? sentenceOf(row.detail) : '';
  if (row.cloud !== 'aws') return nameBeyondAccount(row);
  const part = partOfName(uid, row.resourceName);
  if (!row.checkId.startsWith('iam_') && !isVersion2(row.checkId)) return part;
  const key = /\baccess key (\d)\b/i.exec(row.detail);
  if (key !== null) return `access key ${key[1] ?? ''}`;
  return part === '' ? policyIn(row.detail) : part;
}

/** Ids of Prowler 2: `check114`, `extra796`. */
export function isVersion2(checkId: string): boolean {
  return /^(check|extra)\d+$/.test(checkId);
}

function partOfName(uid: string, name: string): string {
  const slash = name.indexOf('/');
  if (slash <= 0) return '';
  if (uid.toLowerCase().includes(name.toLowerCase())) return '';
  return uid.includes(name.slice(0, slash)) ? name.slice(slash + 1) : '';
}

function policyIn(detail: string): string {
  const found =
    /\bhas the (?:inline )?policy (\S+) attached/i.exec(detail) ?? /^inline policy (\S+)/i.exec(detail);
  return found?.[1] ?? '';
}

function nameBeyondAccount(row: LocatorParts): string {
  const { resourceUid: uid, resourceName: name } = row;
  if (uid !== row.account && !PLACEHOLDER.test(uid)) return '';
  if (name === uid || name === row.account || name === row.accountName || PLACEHOLDER.test(name)) return '';
  return name;
}

const DURATION = /\b\d+ (second|minute|hour|day|week|month|year)s?\b/gi;
const DATE = /\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?/g;

function sentenceOf(detail: string): string {
  return detail
    .replace(/^\s*[a-z]{2}(?:-[a-z]+)+-\d+:\s*/, '')
    .replace(DATE, '#')
    .replace(DURATION, '# $1s')
    .replace(/\s+/g, ' ')
    .trim();
}
