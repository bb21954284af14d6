import Table from 'cli-table3';
import { NO_BORDERS } from './report-text.ts';

/** Lines of a table without borders, each column as wide as its widest cell; cells may be coloured but must be printable. */
export function tableLines(heading: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const table = new Table({
    chars: NO_BORDERS,
    style: { 'padding-left': 0, 'padding-right': 2, head: [], border: [] },
  });
  table.push([...heading], ...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}
