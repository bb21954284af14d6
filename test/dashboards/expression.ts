/**
 * Grafana's math expressions, as far as the rules use them: + - * /, comparisons (1 or 0), && and ||, abs, and the values of queries
 * by name. A value that is not known makes the whole not known.
 */
export function evaluate(expression: string, values: ReadonlyMap<string, number | null>): number | null {
  const tokens = expression.match(/\$\w+|\d+(?:\.\d+)?|abs|&&|\|\||[<>=!]=|[-+*/<>()]/g) ?? [];
  let place = 0;
  const peek = (): string => tokens[place] ?? '';
  const take = (): string => tokens[place++] ?? '';

  const primary = (): number | null => {
    const token = take();
    if (token === '(') {
      const value = binary(0);
      take();
      return value;
    }
    if (token === '-') return both(0, primary(), (a, b) => a - b);
    if (token === 'abs') {
      take();
      const value = binary(0);
      take();
      return value === null ? null : Math.abs(value);
    }
    if (!token.startsWith('$')) return Number(token);
    const value = values.get(token.slice(1));
    if (value === undefined)
      throw new RangeError(`${expression} asks for ${token}, and there is no such query`);
    return value;
  };
  const binary = (level: number): number | null => {
    const operators = LEVELS[level];
    if (operators === undefined) return primary();
    let left = binary(level + 1);
    for (let apply = operators.get(peek()); apply !== undefined; apply = operators.get(peek())) {
      take();
      left = both(left, binary(level + 1), apply);
    }
    return left;
  };
  const value = binary(0);
  if (place < tokens.length) throw new RangeError(`${expression} can't be read from ${peek()} on`);
  return value;
}

type Apply = (a: number, b: number) => number;
const truth =
  (compare: (a: number, b: number) => boolean): Apply =>
  (a, b) =>
    compare(a, b) ? 1 : 0;

/** Weakest first. */
const LEVELS: readonly ReadonlyMap<string, Apply>[] = [
  new Map([['||', truth((a, b) => a !== 0 || b !== 0)]]),
  new Map([['&&', truth((a, b) => a !== 0 && b !== 0)]]),
  new Map([
    ['<', truth((a, b) => a < b)],
    ['>', truth((a, b) => a > b)],
    ['<=', truth((a, b) => a <= b)],
    ['>=', truth((a, b) => a >= b)],
    ['==', truth((a, b) => a === b)],
    ['!=', truth((a, b) => a !== b)],
  ]),
  new Map<string, Apply>([
    ['+', (a, b) => a + b],
    ['-', (a, b) => a - b],
  ]),
  new Map<string, Apply>([
    ['*', (a, b) => a * b],
    ['/', (a, b) => a / b],
  ]),
];

function both(a: number | null, b: number | null, apply: Apply): number | null {
  return a === null || b === null ? null : apply(a, b);
}
