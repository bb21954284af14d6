import type { ReadOptions, ReportInput } from '../adapter.ts';
import { wrongShape } from '../common/errors.ts';
import { JsonCursor } from '../json/cursor.ts';
import { Artifact, Invocation, OldTool, Tool } from './schema.ts';

/** What a run says beside its results. */
export interface Run {
  readonly tool: Tool;
  readonly failed: boolean;
  readonly endTimes: readonly string[];
  readonly repository: string;
  readonly artifacts: readonly string[];
  /** Whether it has a list of results at all; a run without one did not look. */
  readonly hasResults: boolean;
}

const MOST_BYTES = 256 * 1024 * 1024;

/** Runs and their results, one by one, without the file ever being in memory as a whole. */
export function readRuns(
  input: ReportInput,
  options: ReadOptions,
  on: { run(run: Run): void; result(value: unknown, run: Run, offset: number): void },
): void {
  const progress = options.onProgress === undefined ? {} : { onProgress: options.onProgress };
  const cursor = new JsonCursor(input, progress);
  const wrong = (problem: string, offset?: number): Error =>
    wrongShape(input.name, 'a SARIF tool', problem, offset);
  if (cursor.kind() !== 'object') throw wrong('it is no object');
  let runs = 0;
  let version = '';
  cursor.enterObject();
  for (let key = cursor.nextKey(); key !== null; key = cursor.nextKey()) {
    if (key === 'version') version = cursor.text() ?? '';
    else if (key === 'runs') {
      if (cursor.kind() !== 'array') throw wrong('its runs are no list', cursor.offset);
      runs++;
      cursor.enterArray();
      while (cursor.nextElement()) {
        if (cursor.kind() !== 'object') throw wrong('one of its runs is no object', cursor.offset);
        const run = headOfRun(input, cursor.offset, wrong);
        on.run(run);
        readResults(cursor, run, on, wrong);
      }
    } else cursor.skip();
  }
  if (runs !== 1) throw wrong(runs === 0 ? 'it has no runs' : 'it has runs twice');
  if (version !== '' && !version.startsWith('2.'))
    throw wrong(`it has version ${version.slice(0, 20)}, not 2.1.0`);
  if (cursor.kind() !== 'end') throw wrong('something follows it', cursor.offset);
}

function readResults(
  cursor: JsonCursor,
  run: Run,
  on: { result(value: unknown, run: Run, offset: number): void },
  wrong: (problem: string, offset?: number) => Error,
): void {
  cursor.enterObject();
  for (let key = cursor.nextKey(); key !== null; key = cursor.nextKey()) {
    if (key !== 'results' || cursor.kind() !== 'array') {
      cursor.skip();
      continue;
    }
    cursor.enterArray();
    while (cursor.nextElement()) {
      const { offset } = cursor;
      if (cursor.kind() !== 'object') throw wrong('one of its results is no object', offset);
      on.result(cursor.value(MOST_BYTES), run, offset);
    }
  }
}

/** Reads a run ahead of its results, wherever in it the tool stands. */
function headOfRun(
  input: ReportInput,
  start: number,
  wrong: (problem: string, offset?: number) => Error,
): Run {
  const cursor = new JsonCursor(input, { start, windowBytes: 64 * 1024 });
  let tool: Tool | undefined;
  let invocations: readonly { executionSuccessful: boolean | null; endTimeUtc: string }[] = [];
  let artifacts: readonly string[] = [];
  let repository = '';
  let hasResults = false;
  cursor.enterObject();
  for (let key = cursor.nextKey(); key !== null; key = cursor.nextKey()) {
    const kind = cursor.kind();
    if (key === 'tool' && kind === 'object') {
      const { offset } = cursor;
      const value = cursor.value(MOST_BYTES);
      const parsed = Tool.safeParse(value);
      if (parsed.success) tool = parsed.data;
      else if (OldTool.safeParse(value).success)
        throw wrong('it is of a version before 2.1.0, where a tool has no driver: convert it first', offset);
    } else if (key === 'results') {
      if (kind !== 'array' && kind !== 'null') throw wrong('the results of a run are no list', cursor.offset);
      hasResults = kind === 'array';
      cursor.skip();
    } else if (key === 'invocations' && kind === 'array') {
      invocations = Invocation.array().catch([]).parse(cursor.value(MOST_BYTES));
    } else if (key === 'artifacts' && kind === 'array') artifacts = artifactsOf(cursor);
    else if (key === 'versionControlProvenance' && kind === 'array')
      repository = repositoryOf(cursor.value(MOST_BYTES));
    else cursor.skip();
  }
  if (tool === undefined || tool.driver.name === '') throw wrong('one of its runs names no tool', start);
  return {
    tool,
    failed: invocations.some(({ executionSuccessful }) => executionSuccessful === false),
    endTimes: invocations.map(({ endTimeUtc }) => endTimeUtc),
    repository,
    artifacts,
    hasResults,
  };
}

/** Addresses alone: an artifact may hold the whole file. */
function artifactsOf(cursor: JsonCursor): string[] {
  const addresses: string[] = [];
  cursor.enterArray();
  while (cursor.nextElement()) {
    if (cursor.kind() !== 'object') {
      cursor.skip();
      addresses.push('');
      continue;
    }
    let uri = '';
    cursor.enterObject();
    for (let key = cursor.nextKey(); key !== null; key = cursor.nextKey()) {
      if (key === 'location' && cursor.kind() === 'object') {
        uri = Artifact.parse({ location: cursor.value() }).location?.uri ?? '';
      } else cursor.skip();
    }
    addresses.push(uri);
  }
  return addresses;
}

function repositoryOf(value: unknown): string {
  const first: unknown = Array.isArray(value) ? value[0] : undefined;
  const uri =
    typeof first === 'object' && first !== null && 'repositoryUri' in first ? first.repositoryUri : '';
  return typeof uri === 'string' ? uri : '';
}
