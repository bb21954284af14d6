import * as fs from 'node:fs';
import { parseArgs } from 'node:util';
import { hdf } from './benchmarks/hdf.ts';
import { memory } from './benchmarks/memory.ts';
import { plugin } from './benchmarks/plugin.ts';
import { prowler } from './benchmarks/prowler.ts';
import { requests } from './benchmarks/requests.ts';
import { scoutsuite } from './benchmarks/scoutsuite.ts';
import { service } from './benchmarks/service.ts';
import { size } from './benchmarks/size.ts';
import { streams } from './benchmarks/streams.ts';
import { warehouse } from './benchmarks/warehouse.ts';
import { runAlternating } from './harness/child.ts';
import { updateDocument } from './harness/document.ts';
import { machineText } from './harness/machine.ts';
import { type Benchmark, type Context, mebibytes, type Outcome, rounded } from './harness/results.ts';
import { textOf } from './harness/table.ts';

const BENCHMARKS: readonly Benchmark[] = [
  scoutsuite,
  prowler,
  memory,
  hdf,
  size,
  requests,
  warehouse,
  service,
  streams,
  plugin,
];
const ROUNDS = 3;

const USAGE = `npm run bench -- [name…] [--quick] [--huge] [--json FILE] [--markdown]

  --quick      small inputs, one round: shows that everything works; its numbers say nothing
  --huge       also an estate of 10M open findings, which takes hours and 60 GB of disk
  --json FILE  the results as JSON, too
  --markdown   puts the results into docs/performance.md (of what was run, on a quiet machine)

${BENCHMARKS.map(({ name, title }) => `  ${name.padEnd(12)} ${title}`).join('\n')}
`;

function log(text: string): void {
  process.stderr.write(`  ${text}\n`);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      huge: { type: 'boolean', default: false },
      json: { type: 'string' },
      markdown: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  });
  const unknown = positionals.find((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
  if (values.help || unknown !== undefined) {
    process.stderr.write(unknown === undefined ? USAGE : `no benchmark ${unknown}\n\n${USAGE}`);
    return values.help ? 0 : 2;
  }
  const rounds = values.quick ? 1 : ROUNDS;
  const context: Context = {
    quick: values.quick,
    huge: values.huge,
    rounds,
    log,
    measure: (tasks, most = rounds) =>
      runAlternating(tasks, Math.min(rounds, most), ({ name }, { seconds, peakBytes }) =>
        log(`${name.padEnd(20)} ${rounded(seconds)} s, ${rounded(mebibytes(peakBytes))} MiB`),
      ),
  };
  const machine = machineText();
  process.stdout.write(`${machine}\n`);
  const outcomes: Outcome[] = [];
  for (const benchmark of BENCHMARKS) {
    if (positionals.length > 0 && !positionals.includes(benchmark.name)) continue;
    log(`${benchmark.name} …`);
    const { name, title } = benchmark;
    const outcome: Outcome = { name, title, ...(await benchmark.run(context)) };
    outcomes.push(outcome);
    process.stdout.write(`${textOf(outcome)}\n`);
  }
  if (values.json !== undefined) {
    fs.writeFileSync(
      values.json,
      `${JSON.stringify({ machine, rounds, quick: values.quick, outcomes }, null, 2)}\n`,
    );
  }
  if (values.markdown)
    updateDocument(
      outcomes,
      BENCHMARKS.map(({ name }) => name),
      machine,
    );
  return outcomes.every(({ goals }) => goals.every(({ reached }) => reached)) ? 0 : 1;
}

process.exitCode = await main();
