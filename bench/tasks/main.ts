/** What a task counted; its time is taken by whoever knows where the work starts. */
export interface Measured {
  readonly seconds: number;
  readonly facts: Readonly<Record<string, number>>;
}

type Run = (args: readonly string[]) => Promise<Measured>;

/** One subject per process, which loads only what it needs: that makes the peak of memory its own. */
const TASKS: Readonly<Record<string, () => Promise<Run>>> = {
  parse: async () => (await import('./parse.ts')).parse,
  ingest: async () => (await import('./ingest.ts')).ingest,
  'ingest-again': async () => (await import('./ingest.ts')).ingestAgain,
  'many-accounts': async () => (await import('./many-accounts.ts')).manyAccounts,
  'json-parse': async () => (await import('./limits.ts')).jsonParse,
  scan: async () => (await import('./limits.ts')).scan,
  sizes: async () => (await import('./sizes.ts')).sizes,
  requests: async () => (await import('./requests.ts')).requests,
  service: async () => (await import('./service.ts')).service,
  estate: async () => (await import('./estate.ts')).estate,
  'warehouse-build': async () => (await import('./warehouse.ts')).warehouseBuild,
  'warehouse-cold': async () => (await import('./warehouse.ts')).warehouseCold,
  'warehouse-queries': async () => (await import('./warehouse.ts')).warehouseQueries,
  'warehouse-refresh': async () => (await import('./warehouse-refresh.ts')).warehouseRefresh,
  'warehouse-by-hand': async () => (await import('./warehouse-by-hand.ts')).warehouseByHand,
  streams: async () => (await import('./streams.ts')).streams,
  'streams-peer': async () => (await import('./streams.ts')).streamsPeer,
  plugin: async () => (await import('./plugin.ts')).plugin,
  'day-write': async () => (await import('./day.ts')).dayWrite,
  'day-group': async () => (await import('./day.ts')).dayGroup,
};

const [name = '', ...args] = process.argv.slice(2);
const load = TASKS[name];
if (load === undefined) throw new Error(`no task ${name}; there are ${Object.keys(TASKS).join(', ')}`);
const task = await load();
const measured = await task(args);
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
const result = { ...measured, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakBytes: maxRSS * 1024 };
process.stdout.write(`${JSON.stringify(result)}\n`);
