import type { ScopedVars, TypedVariableModel } from '@grafana/data';
import { t } from '../i18n';

/** What is needed of Grafana's template service. */
export interface Variables {
  replace(text: string, scopedVars?: ScopedVars, format?: string | ((value: unknown) => string)): string;
  getVariables(): TypedVariableModel[];
}

/** A variable whose every value is chosen: whatever it filters is left out, since 400 ids would say the same. */
export const ALL = Symbol('all values');

/** As Grafana writes references: `$name`, `[[name]]`, `[[name:format]]`, `${name}`, `${name.field:format}`. */
const REFERENCE = /\$(\w+)|\[\[(\w+)(?::\w+)?\]\]|\$\{(\w+)(?:\.[^:}]+)?(?::[^}]+)?\}/g;

export function hasReference(text: string): boolean {
  return text.search(REFERENCE) >= 0;
}

/**
 * The values that a text stands for: one, or several where it names a variable of several values.
 * @throws VariableError for a variable that is not there, or that nothing is chosen of
 */
export function expand(text: string, variables: Variables, scopedVars?: ScopedVars): string[] | typeof ALL {
  const references = [...text.matchAll(REFERENCE)];
  if (references.length === 0) return [text];
  const [only] = references;
  if (only !== undefined && only[0] === text) {
    if (isAll(nameOf(only), variables, scopedVars)) return ALL;
    return valuesOf(only, variables, scopedVars);
  }
  // `prod-$env`: one text per value, those of all variables combined.
  return references.reduceRight<string[]>(
    (texts, reference) => {
      const values = knownValues(reference, variables, scopedVars);
      const { index } = reference;
      const end = index + reference[0].length;
      return texts.flatMap((known) =>
        values.map((value) => known.slice(0, index) + value + known.slice(end)),
      );
    },
    [text],
  );
}

/** A variable that can't be put in; says which, and what to do. */
export class VariableError extends Error {
  readonly reason: 'unknown' | 'empty';

  constructor(name: string, reason: 'unknown' | 'empty') {
    super(
      reason === 'unknown'
        ? t(
            'variables.unknown',
            'There is no variable {{name}} here. Dashboards have variables, alert rules and Explore have none: choose a value instead, or correct the name.',
            { name: `$${name}` },
          )
        : t(
            'variables.empty',
            'Nothing is chosen of the variable {{name}}. Choose a value, or All: an empty selection is never taken for all.',
            { name: `$${name}` },
          ),
    );
    this.name = 'VariableError';
    this.reason = reason;
  }
}

/** @throws VariableError */
function valuesOf(reference: RegExpMatchArray, variables: Variables, scopedVars?: ScopedVars): string[] {
  const values = knownValues(reference, variables, scopedVars).filter((value) => value !== '');
  if (values.length === 0) throw new VariableError(nameOf(reference), 'empty');
  return values;
}

/** In a text that is more than a `$`, what looks like a variable and is none stays as it is: an expression ends with `$`. */
function knownValues(reference: RegExpMatchArray, variables: Variables, scopedVars?: ScopedVars): string[] {
  const [text] = reference;
  const values: string[][] = [];
  const replaced = variables.replace(text, scopedVars, (value) => {
    values.push(textsOf(value));
    return '';
  });
  const [asked] = values;
  if (asked !== undefined) return asked;
  // A format of its own (`${account:text}`) is not for us to choose.
  if (replaced === text) {
    if (text === reference.input) throw new VariableError(nameOf(reference), 'unknown');
    return [text];
  }
  return textsChosen(nameOf(reference), replaced, variables) ?? [replaced];
}

/** Of `${account:text}` with several values, which Grafana joins by ` + `. */
function textsChosen(name: string, replaced: string, variables: Variables): string[] | null {
  const texts = currentOf(name, variables)?.text;
  return Array.isArray(texts) && texts.join(' + ') === replaced ? texts.map(String) : null;
}

/**
 * A panel that is repeated has one value of a variable of which the dashboard has all: so what the reference stands for here is
 * looked at too.
 */
export function isAll(name: string, variables: Variables, scopedVars?: ScopedVars): boolean {
  const value = currentOf(name, variables)?.value;
  const chosen: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!chosen.includes('$__all')) return false;
  return variables.replace(`\${${name}:text}`, scopedVars) === 'All';
}

function currentOf(name: string, variables: Variables): { text?: unknown; value?: unknown } | undefined {
  const variable = variables.getVariables().find((one) => one.name === name);
  return variable !== undefined && 'current' in variable ? variable.current : undefined;
}

/** Of a text that is one reference and nothing else. */
export function referenceName(text: string): string | null {
  const [only] = text.matchAll(REFERENCE);
  return only !== undefined && only[0] === text ? nameOf(only) : null;
}

function nameOf([, plain, brackets, braces]: RegExpMatchArray): string {
  return plain ?? brackets ?? braces ?? '';
}

function textsOf(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}
