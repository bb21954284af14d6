import { UsageError } from '../errors.ts';
import { nearest } from '../config/nearest.ts';
import type { FindingRow } from './finding-row.ts';

const FIELDS = [
  'score',
  'firstSeen',
  'lastSeen',
  'dueAt',
  'fixedAt',
  'reopenedAt',
  'reopenCount',
  'cloud',
  'account',
  'accountName',
  'region',
  'service',
  'source',
  'ruleId',
  'resourceId',
  'title',
  'team',
  'environment',
  'status',
] as const satisfies readonly (keyof FindingRow)[];
type Field = (typeof FIELDS)[number];

/** What people call them. */
const ALIASES: Readonly<Record<string, Field>> = {
  severity: 'score',
  rule: 'ruleId',
  resource: 'resourceId',
  due: 'dueAt',
};

type Compare = (a: FindingRow, b: FindingRow) => number;

/**
 * Reads `-score,firstSeen`: the worst first, of equal ones the oldest. What is missing comes last either way; the fingerprint settles the
 * rest, so that the order is always the same.
 * @throws UsageError
 */
export function orderOf(text: string): Compare {
  const steps = text.split(',').map((part) => stepOf(part.trim()));
  return (a, b) => {
    for (const step of steps) {
      const order = step(a, b);
      if (order !== 0) return order;
    }
    return a.fingerprint < b.fingerprint ? -1 : 1;
  };
}

function stepOf(part: string): Compare {
  const descending = part.startsWith('-');
  const field = fieldOf(part.replace(/^[-+]/, ''));
  return (a, b) => {
    const [left, right] = [a[field], b[field]];
    if (left === right) return 0;
    if (left === null) return 1;
    if (right === null) return -1;
    return left < right === descending ? 1 : -1;
  };
}

function fieldOf(name: string): Field {
  const known = [...FIELDS, ...Object.keys(ALIASES)];
  const alias = Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined;
  const field = alias ?? FIELDS.find((candidate) => candidate === name);
  if (field !== undefined) return field;
  const meant = nearest(name, known);
  throw new UsageError(
    `findings can't be sorted by ${JSON.stringify(name.slice(0, 40))}`,
    meant === undefined ? `Known are ${known.join(', ')}.` : `Did you mean ${meant}?`,
  );
}
