import { megabytes, mebibytes, type Outcome, type Row, rounded } from './results.ts';

type Cells = readonly string[];

const ROW_HEAD: Cells = ['what', 'time s', 'CPU s', 'MB/s', 'peak MiB', ''];
const GOAL_HEAD: Cells = ['goal', 'wanted', 'measured', ''];

function rowCells({ what, inputBytes, result, note }: Row): Cells {
  if (result === undefined) return [what, '', '', '', '', note ?? ''];
  return [
    what,
    rounded(result.seconds),
    rounded(result.cpuSeconds),
    inputBytes === undefined ? '' : rounded(megabytes(inputBytes) / result.seconds),
    rounded(mebibytes(result.peakBytes)),
    note ?? '',
  ];
}

function goalRows({ goals }: Outcome): Cells[] {
  return goals.map(({ claim, goal, measured, reached }) => [claim, goal, measured, reached ? 'yes' : 'NO']);
}

/** For a terminal. */
export function textOf(outcome: Outcome): string {
  const parts = [`\n${outcome.name}: ${outcome.title}`];
  if (outcome.skipped !== undefined) parts.push(`  not run: ${outcome.skipped}`);
  if (outcome.rows.length > 0) parts.push(aligned([ROW_HEAD, ...outcome.rows.map(rowCells)]));
  if (outcome.goals.length > 0) parts.push(aligned([GOAL_HEAD, ...goalRows(outcome)]));
  for (const { title, head, rows } of outcome.tables ?? [])
    parts.push(`  ${title}`, aligned([head, ...rows]));
  return parts.join('\n');
}

function aligned(rows: readonly Cells[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}

/** The section of a benchmark in the document. */
export function markdownOf(outcome: Outcome, machine: string): string {
  const parts = [
    headOf(outcome),
    `\`npm run bench -- ${outcome.name}\``,
    `Measured on ${machine}.`,
    ...(outcome.skipped === undefined ? [] : [`Not run: ${outcome.skipped}.`]),
  ];
  if (outcome.rows.length > 0) parts.push(pipes([ROW_HEAD, ...outcome.rows.map(rowCells)]));
  if (outcome.goals.length > 0) parts.push(pipes([GOAL_HEAD, ...goalRows(outcome)]));
  for (const { file, alt } of outcome.figures ?? []) parts.push(`![${alt}](images/${file})`);
  for (const { title, head, rows } of outcome.tables ?? [])
    parts.push(`**${title}**`, pipes([head, ...rows]));
  return parts.join('\n\n');
}

function headOf({ name, title }: Pick<Outcome, 'name' | 'title'>): string {
  return `### ${name}: ${title}`;
}

function pipes([head = [], ...rows]: readonly Cells[]): string {
  const line = (cells: Cells): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
