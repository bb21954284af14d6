import { MEASURE } from '../query/measures.ts';
import type { SummaryQuery } from '../query/request.ts';
import type { SummaryResult } from '../query/result.ts';
import type { FrameContext } from './context.ts';
import { frameOf, numberField, textField } from './fields.ts';
import type { FrameJson } from './frame.ts';
import { metaOf } from './meta.ts';
import { groupName, measureName, otherName } from './names.ts';
import { rowsOf } from './summary.ts';
import { unitOf } from './units.ts';

interface Node {
  readonly label: string;
  value: number;
  readonly children: Map<string, Node>;
}

/**
 * A flame graph: one level per dimension under a root, depth first, the largest first. A node is as wide as its children
 * together; where a finding counts in several groups (frameworks, CVEs) the root is wider than the total.
 */
export function flameFrame(query: SummaryQuery, result: SummaryResult, context: FrameContext): FrameJson {
  const meta = metaOf(query, result, context, { visual: 'flamegraph' });
  const [measure] = result.measures;
  if (measure === undefined) return frameOf(query.refId, meta, []);
  const root = treeOf(result, measureName(measure));
  const levels: number[] = [];
  const labels: string[] = [];
  const values: number[] = [];
  const selves: number[] = [];
  const visit = (node: Node, level: number): void => {
    // A node without width can't be seen, and a root without one divides by zero.
    if (node.value <= 0) return;
    levels.push(level);
    labels.push(node.label);
    values.push(node.value);
    selves.push(node.children.size === 0 ? node.value : 0);
    for (const child of [...node.children.values()].sort(byValue)) visit(child, level + 1);
  };
  visit(root, 0);
  const config = { unit: unitOf(MEASURE[measure].unit) };
  return frameOf(query.refId, meta, [
    numberField('level', levels),
    numberField('value', values, { config }),
    numberField('self', selves, { config }),
    textField('label', labels),
  ]);
}

function treeOf(result: SummaryResult, label: string): Node {
  const { dimensions, accountNames } = result;
  const rows = rowsOf(result);
  const other = otherName(rows.map(({ group }) => group));
  const root: Node = { label, value: 0, children: new Map() };
  for (const { group, values } of rows) {
    const value = Math.max(values[0] ?? 0, 0);
    root.value += value;
    let node = root;
    for (const [index, dimension] of (group === null ? dimensions.slice(0, 1) : dimensions).entries()) {
      // Values and `other` must not meet: a value is kept with a mark before it.
      const key = group === null ? '' : `=${group[index] ?? ''}`;
      const part = group === null ? null : [group[index] ?? null];
      const child = node.children.get(key) ?? {
        label: groupName([dimension], part, other, accountNames),
        value: 0,
        children: new Map<string, Node>(),
      };
      node.children.set(key, child);
      child.value += value;
      node = child;
    }
  }
  return root;
}

function byValue(a: Node, b: Node): number {
  return b.value - a.value || (a.label < b.label ? -1 : 1);
}
