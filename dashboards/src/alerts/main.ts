import * as fs from 'node:fs';
import * as path from 'node:path';
import { alertingFiles } from './render.ts';

/** `node main.ts FOLDER`: writes the alert rules and the contact points whose variables are set, before Grafana starts. */

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('Say where to write: node dashboards/src/alerts/main.ts provisioning/alerting\n');
  process.exit(2);
}
try {
  const files = alertingFiles(process.env);
  fs.mkdirSync(folder, { recursive: true });
  fs.rmSync(path.join(folder, 'recording.yaml'), { force: true });
  for (const [name, text] of files) fs.writeFileSync(path.join(folder, name), text);
  process.stdout.write(`${[...files.keys()].join(', ')} in ${folder}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
