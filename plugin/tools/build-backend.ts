import { buildBackend } from './go.ts';
import { optionsOf } from './options.ts';

await buildBackend(optionsOf(process.argv.slice(2)).platforms);
