import type { LoadedConfig } from '../config/index.ts';
import type { WarehouseOptions } from '../warehouse/warehouse.ts';

const MIB = 1024 ** 2;

/** What the configuration says of the warehouse, in the warehouse's own units. */
export function warehouseOptions({
  warehouse,
  report,
}: LoadedConfig): Omit<WarehouseOptions, 'committer' | 'log'> {
  return {
    folder: warehouse.path,
    memoryMiB: Math.max(64, Math.round(warehouse.memory / MIB)),
    threads: warehouse.threads,
    concurrency: warehouse.concurrency,
    refreshMs: warehouse.refresh * 1000,
    queryTimeoutMs: warehouse.queryTimeout * 1000,
    maxRows: warehouse.maxRows,
    sql: warehouse.sql,
    timezone: warehouse.timezone,
    cadenceHours: report.cadenceHours,
    // Grafana resolves links without a root by itself, wherever it is.
    publicUrl: '',
  };
}
