import { ours, type TaskResult } from '../harness/child.ts';
import { ocsfInput } from '../harness/inputs.ts';
import { atMost, type Benchmark, type Row, rounded } from '../harness/results.ts';

const MOST_BYTES = 60;
const LARGE = 20_000;

export const size: Benchmark = {
  name: 'size',
  title: 'bytes per finding in state/ and per event in commits/',
  async run({ measure }) {
    const [estate, large] = await measure(
      [ours('sizes', ['estate']), ours('sizes', ['large', ocsfInput(LARGE).path])],
      1,
    );
    if (!estate || !large) throw new Error('a task is missing');
    const scopes = Object.entries(estate.facts).filter(([name]) => name.includes('/'));
    return {
      rows: [
        sizeRow('the sample estate: 15 scopes of a few dozen findings, 12 weeks', estate),
        ...scopes.map(([name, bytes]): Row => ({ what: `· ${name}`, note: `${rounded(bytes)} B` })),
        sizeRow('one scope of 20,000 findings with the same texts, one run', large),
      ],
      goals: [
        atMost('sample estate: a finding', fact(estate, 'bytesPerFinding'), MOST_BYTES, 'B'),
        atMost('sample estate: an event', fact(estate, 'bytesPerEvent'), MOST_BYTES, 'B'),
        atMost('large scope: a finding', fact(large, 'bytesPerFinding'), MOST_BYTES, 'B'),
        atMost('large scope: an event', fact(large, 'bytesPerEvent'), MOST_BYTES, 'B'),
      ],
    };
  },
};

function fact(result: TaskResult, name: string): number {
  return result.facts[name] ?? Number.NaN;
}

function sizeRow(what: string, result: TaskResult): Row {
  const number = (name: string): string => rounded(fact(result, name));
  return {
    what,
    note: `${number('findings')} findings of ${number('bytesPerFinding')} B, ${number('events')} events of ${number('bytesPerEvent')} B`,
  };
}
