import type { TypedVariableModel } from '@grafana/data';
import type { Catalog, Dimension, Measure, Subject } from '../api/catalog';
import type { Variables } from '../variables/references';

/** For tests of the plugin. */

const measure = (id: string, subject: Subject = 'findings', additive = true): Measure => ({
  id,
  label: id,
  description: '',
  kind: 'gauge',
  subject,
  unit: 'locale',
  additive,
});

const dimension = (id: string, subjects: readonly Subject[] = ['findings'], bounded = true): Dimension => ({
  id,
  label: id,
  description: '',
  bounded,
  multiple: false,
  subjects,
});

const EVERYWHERE: readonly Subject[] = ['findings', 'checks', 'scopes'];

/** A part of what the API lists. */
export const CATALOG: Catalog = {
  measures: [
    measure('open'),
    measure('mttr', 'findings', false),
    measure('passRate', 'checks', false),
    measure('runs', 'scopes'),
  ],
  dimensions: [
    dimension('account', EVERYWHERE),
    dimension('service', ['findings', 'checks']),
    dimension('severity'),
    dimension('rule'),
    dimension('resource', ['findings'], false),
    dimension('label:tier'),
  ],
  filterFields: [
    { id: 'search', label: 'Search', description: '', values: [] },
    { id: 'score', label: 'Score', description: '', values: [] },
    { id: 'fingerprint', label: 'Fingerprint', description: '', values: [] },
    { id: 'verdict', label: 'Verdict', description: '', values: ['accepted', 'false_positive'] },
  ],
  sql: false,
};

export interface Chosen {
  readonly value: string | string[];
  readonly text?: string | string[];
  /** What all of its values are, for one of which all are chosen. */
  readonly options?: string[];
  /** A panel that is repeated sees this one value. */
  readonly repeated?: string;
}

/** Variables as dashboards of Grafana have them: a chosen All is `$__all` to those who list, and every value to formats. */
export function variablesOf(chosen: Readonly<Record<string, Chosen>>): Variables {
  return {
    getVariables: () =>
      Object.entries(chosen).map(
        ([name, { value, text = value }]) =>
          ({ name, type: 'query', current: { value, text } }) as unknown as TypedVariableModel,
      ),
    replace: (target, _scoped, format) =>
      target.replaceAll(
        /\$(\w+)|\$\{(\w+)(?::(\w+))?\}|\[\[(\w+)\]\]/g,
        (match, plain?: string, braced?: string, own?: string, brackets?: string) => {
          const variable = chosen[plain ?? braced ?? brackets ?? ''];
          return variable === undefined ? match : formatted(variable, own ?? format);
        },
      ),
  };
}

function formatted(variable: Chosen, format: string | ((value: unknown) => string) | undefined): string {
  const { value, text = value, options = [], repeated } = variable;
  const isAll = [value].flat().includes('$__all');
  const current = repeated ?? (isAll ? options : value);
  if (typeof format === 'function') return format(current);
  if (format === 'text') return repeated ?? (isAll ? 'All' : [text].flat().join(' + '));
  const values = [current].flat();
  if (format === 'regex') {
    const escaped = values.map((one) => one.replaceAll(/[.*+?]/g, '\\$&'));
    return escaped.length === 1 ? escaped.join('') : `(${escaped.join('|')})`;
  }
  return values.length === 1 ? values.join('') : `{${values.join(',')}}`;
}
