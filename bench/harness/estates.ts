import * as fs from 'node:fs';
import * as path from 'node:path';
import { type EstateSize, LARGE_ESTATE } from '../generate/estate.ts';
import { ours, runTask } from './child.ts';
import { CACHE } from './inputs.ts';

/** Raised when the generator writes something else for the same size. */
const VERSION = 1;

/** An estate of about so many open findings. */
export interface Estate extends EstateSize {
  /** For tables: `1M`. */
  readonly name: string;
}

/** Two of five findings that ever were are open in the end, and each has two events. */
const estate = (name: string, accounts: number, findings: number): Estate => ({
  name,
  accounts,
  findings,
  weeks: LARGE_ESTATE.weeks,
});

export const ESTATES = {
  tiny: estate('1k', 4, 2_500),
  small: estate('10k', 20, 25_000),
  medium: estate('100k', 100, 250_000),
  large: { ...LARGE_ESTATE, name: '1M' },
  huge: estate('10M', 2_000, 25_000_000),
} as const;

/**
 * The bucket of an estate, made by another process where it is not there. What was broken off has no marker, and is made
 * anew.
 */
export async function estateBucket(wanted: Estate, log: (text: string) => void): Promise<string> {
  const { accounts, findings, weeks, name } = wanted;
  const folder = path.join(CACHE, `estate-${accounts}`);
  const marker = `${folder}.json`;
  const made = JSON.stringify({ version: VERSION, accounts, findings, weeks });
  if (fs.existsSync(marker) && fs.existsSync(folder) && fs.readFileSync(marker, 'utf8').trim() === made)
    return folder;
  log(`making the estate of ${name} open findings; that of 1M takes ten minutes …`);
  fs.rmSync(marker, { force: true });
  fs.rmSync(folder, { recursive: true, force: true });
  await runTask(ours('estate', [folder, String(accounts), String(findings), String(weeks)]));
  fs.writeFileSync(marker, `${made}\n`);
  return folder;
}

/**
 * A copy of an estate to work on, which shares the files with it: stores never write into a file that is there, they put
 * another one into its place.
 */
export function linkedCopy(from: string, to: string): void {
  fs.mkdirSync(to, { recursive: true });
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) linkedCopy(source, target);
    else fs.linkSync(source, target);
  }
}

/** A folder beside the estates (links need the same disk), removed in the end. */
export async function withWorkFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  fs.mkdirSync(CACHE, { recursive: true });
  const folder = fs.mkdtempSync(path.join(CACHE, 'work-'));
  try {
    return await use(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
