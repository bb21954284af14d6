import * as fs from 'node:fs';
import { homedir } from 'node:os';
import * as path from 'node:path';
import { writeAsff } from '../generate/asff.ts';
import { type ProwlerOptions, writeOcsf } from '../generate/prowler.ts';
import { type ScoutsuiteOptions, writeScoutsuite } from '../generate/scoutsuite.ts';
import { type Output, writeFile } from '../generate/writer.ts';

/** Raised when a generator writes something else for the same options. */
const VERSION = 1;

/** Inputs are made once and kept outside of the repository. */
export const CACHE = path.join(
  process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'),
  'sightline-bench',
);

/** One day before the other, so that neither lies in the future of anybody's clock. */
export const FIRST_SCAN = Date.UTC(2026, 5, 1, 3);
export const SECOND_SCAN = Date.UTC(2026, 5, 2, 3);
export const ACCOUNT = '210987654321';

export interface Input {
  readonly path: string;
  readonly bytes: number;
}

function made(name: string, produce: (output: Output) => void): Input {
  const file = path.join(CACHE, `v${VERSION}`, name);
  if (!fs.existsSync(file)) {
    process.stderr.write(`  making ${name} …\n`);
    writeFile(file, produce);
  }
  return { path: file, bytes: fs.statSync(file).size };
}

export function scoutsuiteInput(options: Pick<ScoutsuiteOptions, 'megabytes' | 'items'>): Input {
  return made(`scoutsuite-${options.megabytes}mb-${options.items}.js`, (output) =>
    writeScoutsuite(output, { ...options, account: ACCOUNT, at: FIRST_SCAN }),
  );
}

/** @param changed findings that this scan no longer has, and as many that it has anew; 0 is the first scan */
export function ocsfInput(findings: number, changed = 0): Input {
  return made(`prowler-${findings}-${changed}.ocsf.json`, (output) =>
    writeOcsf(output, prowlerOptions(findings, changed)),
  );
}

export function asffInput(findings: number): Input {
  return made(`prowler-${findings}.asff.json`, (output) => writeAsff(output, prowlerOptions(findings, 0)));
}

function prowlerOptions(findings: number, changed: number): ProwlerOptions {
  const at = changed === 0 ? FIRST_SCAN : SECOND_SCAN;
  return { account: ACCOUNT, findings, passes: Math.round(findings / 50), at, changed };
}
