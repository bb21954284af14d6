import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{collector,plugin,dashboards}/src/**/*.test.{ts,tsx}', 'test/**/*.test.ts'],
    reporters: ['default', './test/support/closing-line.ts'],
    // Tests start some hundred processes; with compiled modules kept, each starts in half the time.
    env: { NODE_COMPILE_CACHE: path.join(tmpdir(), 'sightline-test-modules') },
    // Two cores are what a small CI machine has; servers and child processes that tests start need some of it.
    maxWorkers: 2,
    // An advertisement of a dependency of Grafana's.
    onConsoleLog: (text) => !text.includes('i18next is made possible by'),
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What is waited for comes late where others use the machine too; asked often, it costs no more time than it takes.
    expect: { poll: { timeout: 30_000, interval: 50 } },
  },
});
