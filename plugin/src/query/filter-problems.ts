import type { Catalog } from '../api/catalog';
import { inapplicable, subjectsOfQuery } from '../filters/ad-hoc';
import { t } from '../i18n';
import { hasReference } from '../variables/references';
import type { Filter, SightlineQuery, SqlQuery } from './model';
import { reasonOf } from './problems';

type Filtered = Exclude<SightlineQuery, SqlQuery>;

const MOST_FILTERS = 50;
const MOST_VALUES = 1_000;
const SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL'];

export function filterProblems(query: Filtered, catalog: Catalog | null): string[] {
  const filters = query.filters ?? [];
  if (filters.length > MOST_FILTERS)
    return [t('problem.filters', 'At most {{count}} filters can be set.', { count: MOST_FILTERS })];
  return filters.flatMap((filter) => fieldProblem(query, filter, catalog) ?? valueProblem(filter) ?? []);
}

function fieldProblem(query: Filtered, { field }: Filter, catalog: Catalog | null): string | null {
  if (field === '')
    return t('problem.filter-field', 'A filter has no field yet: choose one, or remove the filter.');
  if (hasReference(field)) return null;
  const reason = inapplicable(query, field, catalog);
  if (reason === 'unknown')
    return t(
      'problem.filter-unknown',
      'The server knows nothing called {{field}} to filter by: choose another field.',
      {
        field,
      },
    );
  if (reason !== 'subject' || catalog === null) return null;
  const subject = subjectsOfQuery(query, catalog).find((one) => one !== 'findings') ?? 'findings';
  return t('problem.filter-subject', 'This query can’t be filtered by {{field}}: {{reason}}', {
    field,
    reason: reasonOf(subject),
  });
}

function valueProblem({ field, operator, values }: Filter): string | null {
  if (values.length === 0)
    return t(
      'problem.filter-value',
      'The filter {{field}} has no value yet: choose one, or remove the filter.',
      { field },
    );
  if (operator !== 'in' && operator !== 'notIn' && values.length > 1)
    return t(
      'problem.filter-one',
      'The filter {{field}} {{operator}} takes one value: use “is one of” for several.',
      {
        field,
        operator,
      },
    );
  if (values.length > MOST_VALUES)
    return t(
      'problem.filter-many',
      'The filter {{field}} has more than {{count}} values: use an expression.',
      {
        field,
        count: MOST_VALUES,
      },
    );
  const bad = values.find((value) => !hasReference(value) && !fits(field, operator, value));
  return bad === undefined ? null : badValue(field, bad);
}

function fits(field: string, operator: Filter['operator'], value: string): boolean {
  const isExpression = operator === '=~' || operator === '!~';
  if (field === 'score') return !isExpression && value.trim() !== '' && Number.isFinite(Number(value));
  if (isExpression) return isRe2(value);
  if (field === 'severity') return SEVERITIES.includes(value.toUpperCase());
  if (field === 'fingerprint') return /^[0-9a-f]{32}$/.test(value.replaceAll('-', '').toLowerCase());
  return true;
}

/** RE2 has neither look-around nor back-references; all else that it takes, JavaScript mostly takes too. */
function isRe2(value: string): boolean {
  if (/\(\?<?[=!]|\\[1-9]/.test(value)) return false;
  try {
    new RegExp(value.replace(/^\(\?[a-zA-Z-]+\)/, ''));
    return true;
  } catch {
    // What only RE2 knows (`\pL`, `(?i:…)`) is for the server to judge.
    return /\\p|\(\?[a-zA-Z-]+:|\(\?P<|\\[QEzACa]/.test(value);
  }
}

function badValue(field: string, value: string): string {
  switch (field) {
    case 'score':
      return t(
        'problem.score',
        'The score is a number from 0 to 100, to be compared by =, !=, > or <; {{value}} is none.',
        {
          value,
        },
      );
    case 'severity':
      return t('problem.severity', '{{value}} is no severity: use {{names}}.', {
        value,
        names: SEVERITIES.join(', '),
      });
    case 'fingerprint':
      return t(
        'problem.fingerprint',
        '{{value}} is no fingerprint, which has 32 hexadecimal digits: filter by Search for a part of one.',
        { value },
      );
    default:
      return t(
        'problem.expression',
        '{{value}} is no regular expression. They are those of RE2, without look-ahead and back-references, and match the whole value.',
        { value },
      );
  }
}
