import * as fs from 'node:fs';
import * as path from 'node:path';
import { styleText } from 'node:util';
import { alertingFiles } from './alerts/render.ts';
import { BOARDS } from './boards/index.ts';
import { importable } from './build/board.ts';

/** Writes what is committed: dashboards, for provisioning and inside the plugin, and alert rules. With --check it only looks whether they are so. */

const ROOT = path.resolve(import.meta.dirname, '../..');
const PROVISIONED = 'provisioning/dashboards/sightline';
const BUNDLED = 'plugin/src/dashboards';

export function files(): Map<string, string> {
  const all = new Map<string, string>();
  for (const board of BOARDS) {
    const name = `${board.uid ?? board.title ?? ''}.json`;
    all.set(`${PROVISIONED}/${name}`, textOf(board));
    all.set(`${BUNDLED}/${name}`, textOf(importable(board)));
  }
  for (const [name, text] of alertingFiles({})) all.set(`provisioning/alerting/${name}`, text);
  return all;
}

function textOf(board: object): string {
  return `${JSON.stringify(board, null, 2)}\n`;
}

function read(name: string): string | null {
  try {
    return fs.readFileSync(path.join(ROOT, name), 'utf8');
  } catch {
    return null;
  }
}

const wanted = files();
const changed = [...wanted].filter(([name, text]) => read(name) !== text);
if (process.argv.includes('--check')) {
  for (const [name] of changed) process.stderr.write(styleText('red', `${name} is not as it is generated\n`));
  if (changed.length > 0) {
    process.stderr.write('Run `npm run generate -w dashboards` and commit what it writes.\n');
    process.exitCode = 1;
  }
} else {
  for (const [name, text] of changed) {
    fs.mkdirSync(path.dirname(path.join(ROOT, name)), { recursive: true });
    fs.writeFileSync(path.join(ROOT, name), text);
  }
  process.stdout.write(`${wanted.size} files, ${changed.length} changed\n`);
}
