import { type Document, isScalar, type Scalar, visit } from 'yaml';

type Env = Readonly<Record<string, string | undefined>>;

export interface InterpolationProblem {
  readonly node: Scalar;
  readonly message: string;
}

const REFERENCE = /\$\$\{|\$\{([^}]*)(\})?/g;
const INSIDE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/;

/**
 * Puts the environment into the texts of a parsed document: `${NAME}`, `${NAME:-default}` (also where it is empty), `$${` for a
 * literal `${`. After parsing, so that no value of a variable can become structure; keys are left as they are.
 */
export function interpolate(document: Document.Parsed, env: Env): InterpolationProblem[] {
  const problems: InterpolationProblem[] = [];
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || !isScalar(node) || typeof node.value !== 'string') return;
      if (!node.value.includes('${')) return;
      node.value = node.value.replace(
        REFERENCE,
        (whole, inside: string | undefined, end: string | undefined) => {
          if (whole === '$${') return '${';
          const [, name, fallback] = (end === undefined ? null : INSIDE.exec(inside ?? '')) ?? [];
          if (name === undefined) {
            problems.push({
              node,
              message: 'there is a "${" without a variable; write "$${" to mean it literally',
            });
            return whole;
          }
          const value = env[name];
          if (value !== undefined && (value !== '' || fallback === undefined)) return value;
          if (fallback !== undefined) return fallback;
          problems.push({
            node,
            message: `the environment variable ${name} is not set; \${${name}:-…} gives a default`,
          });
          return whole;
        },
      );
    },
  });
  return problems;
}
