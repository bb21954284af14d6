import type { Task, TaskResult } from './child.ts';

/** One measured thing. */
export interface Row {
  readonly what: string;
  /** Bytes of input, for MB/s. */
  readonly inputBytes?: number;
  readonly result?: TaskResult;
  readonly note?: string;
}

/** A goal, and where we stand. */
export interface Goal {
  readonly claim: string;
  readonly goal: string;
  readonly measured: string;
  readonly reached: boolean;
}

/** What has columns of its own. */
export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A picture for docs/images, drawn where the results go into the document. */
export interface Figure {
  readonly file: string;
  readonly alt: string;
  readonly svg: string;
}

export interface Outcome {
  readonly name: string;
  readonly title: string;
  readonly rows: readonly Row[];
  readonly goals: readonly Goal[];
  readonly tables?: readonly Table[];
  readonly figures?: readonly Figure[];
  /** Why (a part of) it was not run. */
  readonly skipped?: string;
}

export interface Context {
  /** Small inputs, one round: shows that it works, measures nothing worth quoting. */
  readonly quick: boolean;
  /** Also inputs that take hours to make. */
  readonly huge: boolean;
  readonly rounds: number;
  /** Runs tasks by turns and says on standard error how they went. */
  readonly measure: (tasks: readonly Task[], rounds?: number) => Promise<TaskResult[]>;
  readonly log: (text: string) => void;
}

export interface Benchmark {
  readonly name: string;
  readonly title: string;
  run(context: Context): Promise<Omit<Outcome, 'name' | 'title'>>;
}

export function atMost(claim: string, value: number, most: number, unit: string): Goal {
  return { claim, goal: `≤ ${most} ${unit}`, measured: `${rounded(value)} ${unit}`, reached: value <= most };
}

export function atLeast(claim: string, value: number, least: number, unit: string): Goal {
  const goal = `≥ ${least.toLocaleString('en-US')} ${unit}`;
  return { claim, goal, measured: `${rounded(value)} ${unit}`, reached: value >= least };
}

/** Nothing for what was not measured. Else three digits that count, none behind the point of larger numbers. */
export function rounded(value: number): string {
  if (Number.isNaN(value)) return '';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

export const megabytes = (bytes: number): number => bytes / 1e6;
/** Limits of memory are given in MiB. */
export const mebibytes = (bytes: number): number => bytes / 2 ** 20;
