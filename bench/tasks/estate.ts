import { FilesystemStore } from '../../collector/src/store/index.ts';
import { writeEstate } from '../generate/estate.ts';
import type { Measured } from './main.ts';
import { since } from './reports.ts';

/** Writes an estate into a new folder. */
export async function estate([
  folder = '',
  accounts = '',
  findings = '',
  weeks = '',
]: readonly string[]): Promise<Measured> {
  const store = new FilesystemStore(folder);
  const start = performance.now();
  const size = { accounts: Number(accounts), findings: Number(findings), weeks: Number(weeks) };
  const written = await writeEstate(store, size, () => undefined);
  await store.close();
  return { seconds: since(start), facts: { ...written } };
}
