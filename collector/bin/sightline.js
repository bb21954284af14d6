#!/usr/bin/env -S node --max-semi-space-size=8
// Plain JavaScript that every Node.js understands, so that an old one can be told so in words.
import { existsSync } from 'node:fs';
import * as module from 'node:module';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

function stop(message, hint) {
  process.stderr.write(`error: ${message}\n  → ${hint}\n`);
  process.exit(2);
}

if (major < 22 || (major === 22 && minor < 12)) {
  stop(
    `Sightline needs Node.js 22.12 or newer; this is ${process.versions.node}`,
    'Install a newer one (https://nodejs.org), or run it through npm, which brings its own: `npm start`.',
  );
}

// Keeps compiled modules between runs: starting takes half the time. NODE_DISABLE_COMPILE_CACHE=1 turns it off.
module.enableCompileCache?.();

const source = new URL('../src/cli/main.ts', import.meta.url);
const built = new URL('../dist/cli/main.js', import.meta.url);

if (existsSync(source) && process.features.typescript) await import(source.href);
else if (existsSync(built)) await import(built.href);
else
  stop(
    'this checkout is not built, and this Node.js does not run TypeScript by itself',
    'Run `npm run build`, or use Node.js 22.18 or newer.',
  );
