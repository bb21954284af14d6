import * as path from 'node:path';
import { build } from 'vite';

const SRC = path.resolve(import.meta.dirname, '../../plugin/src');

/** The page of the editors with all that they need, as one module: Grafana's own components, not doubles. */
export async function bundlePage(outDir: string): Promise<void> {
  await build({
    configFile: false,
    root: SRC,
    logLevel: 'error',
    // Vitest says that this is a test, for which Vite would write JSX that React's production build does not know.
    oxc: { jsx: { runtime: 'automatic', development: false } },
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      outDir,
      emptyOutDir: false,
      target: 'esnext',
      minify: false,
      reportCompressedSize: false,
      rollupOptions: {
        input: path.join(SRC, 'testing/page.tsx'),
        output: { entryFileNames: 'page.js', chunkFileNames: '[name].js' },
      },
    },
  });
}
