import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Report } from '../../collector/src/reports/schema.ts';

/** Compiles the page's folder as the package's build does, and lets plain JavaScript render the report. */
export function renderFromBuild(folder: string, report: Report): string {
  const root = path.resolve(import.meta.dirname, '../..');
  const build = path.join(folder, 'build');
  fs.mkdirSync(build, { recursive: true });
  const config = {
    extends: path.join(root, 'collector/tsconfig.build.json'),
    compilerOptions: {
      rootDir: path.join(root, 'collector/src'),
      outDir: path.join(build, 'dist'),
      typeRoots: [path.join(root, 'node_modules/@types')],
    },
    include: [path.join(root, 'collector/src/reports/page/**/*.ts')],
    exclude: [path.join(root, 'collector/src/**/*.test.ts')],
  };
  fs.writeFileSync(path.join(build, 'tsconfig.json'), JSON.stringify(config));
  fs.writeFileSync(path.join(build, 'package.json'), '{"type":"module"}');
  fs.writeFileSync(path.join(build, 'report.json'), JSON.stringify(report));
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(build, 'node_modules'));
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', build], { stdio: 'inherit' });
  const script = `
    import { renderPage } from './dist/reports/page/index.js';
    import * as fs from 'node:fs';
    process.stdout.write(renderPage(JSON.parse(fs.readFileSync('report.json', 'utf8'))));`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: build,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
}
