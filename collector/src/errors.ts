/**
 * Every error that a user may see: a code for programs, a sentence for people, and the next step.
 * A stack trace never reaches a user; an error that is not one of these is a defect of ours.
 */
export type ErrorCode =
  | 'not_found'
  | 'unreadable'
  | 'empty'
  | 'too_large'
  | 'too_deep'
  | 'truncated'
  | 'malformed'
  | 'unknown_format'
  | 'wrong_shape'
  | 'archive'
  | 'future'
  | 'usage'
  | 'config'
  | 'store'
  | 'conflict'
  | 'corrupt'
  | 'unsupported'
  | 'credentials'
  | 'scan'
  | 'full';

/** Exit statuses of the command line: 0 fine, 1 defect or failed check, 2 usage or configuration, 3 unreadable input, 4 the store did not answer. */
export type ExitCode = 1 | 2 | 3 | 4;

export class SightlineError extends Error {
  readonly code: ErrorCode;
  /** What the user can do next, one sentence. */
  readonly hint: string;
  readonly exitCode: ExitCode;

  constructor(code: ErrorCode, message: string, hint: string, exitCode: ExitCode = 1, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

/** A report (or an archive of reports) that can't be read as one. Nothing of it has been stored. */
export class ReportError extends SightlineError {
  /** Byte offset into the decompressed report, where one is known. */
  readonly offset: number | undefined;

  constructor(code: ErrorCode, message: string, hint: string, offset?: number, cause?: unknown) {
    super(code, offset === undefined ? message : `${message} (at byte ${offset})`, hint, 3, cause);
    this.offset = offset;
  }
}

/** Something is wrong with the command line or the configuration. */
export class UsageError extends SightlineError {
  constructor(message: string, hint: string, code: ErrorCode = 'usage', cause?: unknown) {
    super(code, message, hint, 2, cause);
  }
}

/** The bucket or folder did not do what was asked of it. */
export class StoreError extends SightlineError {
  constructor(message: string, hint: string, code: ErrorCode = 'store', cause?: unknown) {
    super(code, message, hint, 4, cause);
  }
}

/** A scanner could not be run, or not as it should. */
export class ScanError extends SightlineError {
  constructor(message: string, hint: string, code: ErrorCode = 'scan', cause?: unknown) {
    super(code, message, hint, 1, cause);
  }
}

/** A sentence for any thrown value, safe to print (no stack). */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
