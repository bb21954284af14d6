import * as fs from 'node:fs';
import * as path from 'node:path';

const CHUNK_CHARACTERS = 1 << 20;

/** Takes text, a piece at a time, and never holds more than a megabyte of it. */
export interface Output {
  write(text: string): void;
}

/** Writes a file that is there as a whole or not at all, so that an interrupted run leaves no half input in the cache. */
export function writeFile(file: string, produce: (output: Output) => void): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const part = `${file}.${process.pid}.part`;
  const fd = fs.openSync(part, 'w');
  let pending: string[] = [];
  let length = 0;
  const flush = (): void => {
    fs.writeFileSync(fd, pending.join(''));
    pending = [];
    length = 0;
  };
  produce({
    write(text) {
      pending.push(text);
      length += text.length;
      if (length >= CHUNK_CHARACTERS) flush();
    },
  });
  flush();
  fs.closeSync(fd);
  fs.renameSync(part, file);
}

/** Counts what would be written. */
export function lengthOf(produce: (output: Output) => void): number {
  let length = 0;
  produce({ write: (text) => (length += text.length) });
  return length;
}
