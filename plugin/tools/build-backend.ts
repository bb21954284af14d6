import { buildBackend } from './go.ts';
import { platformsOf } from './platform-options.ts';

await buildBackend(platformsOf(process.argv.slice(2)));
