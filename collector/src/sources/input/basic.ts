import * as fs from 'node:fs';
import { messageOf, ReportError } from '../../errors.ts';
import type { ReportInput } from '../adapter.ts';

/** A report that is in memory. */
export function bufferInput(name: string, bytes: Uint8Array): ReportInput {
  return {
    name,
    size: bytes.length,
    readAt: (target, position) => {
      const part = bytes.subarray(position, position + target.length);
      target.set(part);
      return part.length;
    },
    close: () => undefined,
  };
}

/** A report in an open file; `close` closes it, once, and then calls `closed`. */
export function fileInput(name: string, fd: number, size: number, closed?: () => void): ReportInput {
  let open = true;
  return {
    name,
    size,
    fd,
    readAt: (target, position) => {
      try {
        return fs.readSync(fd, target, 0, target.length, position);
      } catch (error) {
        throw unreadable(name, error);
      }
    },
    close: () => {
      if (!open) return;
      open = false;
      fs.closeSync(fd);
      closed?.();
    },
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** What the file system said, as an error that names the file and the next step. */
export function unreadable(name: string, error: unknown): ReportError {
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new ReportError(
        'not_found',
        `${name}: there is no such file`,
        'Check the path and the folder you are in.',
      );
    case 'EACCES':
    case 'EPERM':
      return new ReportError(
        'unreadable',
        `${name}: no permission to read it`,
        'Give read permission to the user that runs the collector.',
      );
    case 'EISDIR':
      return new ReportError(
        'unreadable',
        `${name}: this is a folder`,
        'Give the files in it, or the folder itself on the command line.',
      );
    case 'ENOSPC':
      return new ReportError(
        'unreadable',
        `${name}: no space left for a temporary copy`,
        'Free some space, or point TMPDIR to a larger disk.',
      );
    case 'EMFILE':
      return new ReportError('unreadable', `${name}: too many files are open`, 'Give fewer files at once.');
    default:
      return new ReportError(
        'unreadable',
        `${name}: it can't be read: ${messageOf(error)}`,
        'Check the file and the disk it is on.',
        undefined,
        error,
      );
  }
}
