// The same report through @mitre/hdf-converters, which is not among the collector's dependencies: `npm run bench` installs it.
import { readFileSync } from 'node:fs';
import hdf from '@mitre/hdf-converters';

const [format, path] = process.argv.slice(2);
const start = performance.now();
const text = readFileSync(path, 'utf8');
const controls = (result) =>
  (Array.isArray(result) ? result : [result])
    .flatMap((one) => one.profiles ?? Object.values(one).flatMap((inner) => inner.profiles ?? []))
    .flatMap((profile) => profile.controls);
const converted =
  format === 'scoutsuite' ? new hdf.ScoutsuiteMapper(text).toHdf() : new hdf.ASFFResults(text).toHdf();
const results = controls(converted).flatMap((control) => control.results ?? []).length;
const seconds = (performance.now() - start) / 1000;
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
const result = {
  seconds,
  cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
  peakBytes: maxRSS * 1024,
  facts: { results },
};
process.stdout.write(`${JSON.stringify(result)}\n`);
